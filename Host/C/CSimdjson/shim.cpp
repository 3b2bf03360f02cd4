#include "simdjson_shim.h"

#include <simdjson.h>

#define XXH_INLINE_ALL
#include <xxhash.h>

#include <algorithm>
#include <cstdlib>
#include <cstring>
#include <deque>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

namespace {

namespace dom = simdjson::dom;
using std::string_view;

static_assert(simdjson::SIMDJSON_PADDING <= LECTERN_JSON_PADDING, "texts are padded enough");

constexpr int not_an_object = -1;
/// A text inside a text inside a text: deeper than that is not looked into.
constexpr unsigned max_text_depth = 4;

/// Memory for the texts of a batch: grows by chunks, so that nothing in it moves.
class Arena {
 public:
  char *take(size_t bytes) {
    if (bytes > left_) next(bytes);
    char *at = at_;
    at_ += bytes, left_ -= bytes;
    return at;
  }
  void reset() {
    used_ = 0;
    left_ = 0;
    if (chunks_.size() > 1) chunks_.resize(1);  // what one odd batch needed is not kept for ever
  }

 private:
  struct Chunk {
    std::unique_ptr<char[]> bytes;
    size_t size;
  };
  void next(size_t bytes) {
    if (used_ < chunks_.size() && chunks_[used_].size >= bytes) {
      at_ = chunks_[used_].bytes.get(), left_ = chunks_[used_].size;
    } else {
      size_t size = bytes > chunk_size ? bytes : chunk_size;
      chunks_.insert(chunks_.begin() + (ptrdiff_t)used_, Chunk{std::unique_ptr<char[]>(new char[size]), size});
      at_ = chunks_[used_].bytes.get(), left_ = size;
    }
    used_++;
  }
  static constexpr size_t chunk_size = 256 << 10;
  std::vector<Chunk> chunks_;
  size_t used_ = 0, left_ = 0;
  char *at_ = nullptr;
};

/// Two ends and the length of a name: enough to tell the members of an event apart. `name` is readable for 8 bytes.
inline uint64_t fingerprint(const char *name, size_t length) {
  uint64_t head = 0, tail = 0;
  if (length >= 8) {
    memcpy(&head, name, 8);
    memcpy(&tail, name + length - 8, 8);
  } else {
    memcpy(&head, name, 8);
    head &= ~(~uint64_t{0} << (length * 8));
  }
  return (head ^ (tail << 23 | tail >> 41) ^ length) * 0x9e3779b97f4a7c15u;
}

/// As memcmp, without a call for most names.
inline bool equal(const char *a, const char *b, size_t length) {
  if (length < 8 || length > 16) return memcmp(a, b, length) == 0;
  uint64_t x[2], y[2];
  memcpy(&x[0], a, 8), memcpy(&x[1], a + length - 8, 8);
  memcpy(&y[0], b, 8), memcpy(&y[1], b + length - 8, 8);
  return x[0] == y[0] && x[1] == y[1];
}

/// The declared members of one object.
struct Node {
  struct Member {
    std::string name;
    int32_t slot = -1;   // where the member itself goes
    int32_t child = -1;  // the node of the members inside it
    int32_t next = -1;   // in the same bucket
  };
  static constexpr unsigned bits = 6;
  std::vector<Member> members;
  int32_t bucket[1 << bits];
  Node() { memset(bucket, 0xff, sizeof bucket); }

  const Member *find(const char *name, size_t length) const {
    for (int32_t i = bucket[fingerprint(name, length) >> (64 - bits)]; i >= 0; i = members[(size_t)i].next) {
      const Member &m = members[(size_t)i];
      if (m.name.size() == length && equal(m.name.data(), name, length)) return &m;
    }
    return nullptr;
  }
  Member &member(string_view name) {
    char padded[8] = {};
    if (name.size() < 8) memcpy(padded, name.data(), name.size());
    const char *start = name.size() < 8 ? padded : name.data();
    int32_t &head = bucket[fingerprint(start, name.size()) >> (64 - bits)];
    for (int32_t i = head; i >= 0; i = members[(size_t)i].next)
      if (members[(size_t)i].name == name) return members[(size_t)i];
    members.push_back({std::string(name), -1, -1, head});
    head = (int32_t)members.size() - 1;
    return members.back();
  }
};

inline uint64_t mix(uint64_t a, uint64_t b) {
  auto product = (unsigned __int128)(a ^ 0xa0761d6478bd642full) * (b ^ 0xe7037ed1a0b428dbull);
  return (uint64_t)product ^ (uint64_t)(product >> 64);
}

inline uint64_t hash(string_view text) { return XXH3_64bits(text.data(), text.size()); }

/// Of a value, whatever the order of members and the way in which it was written.
uint64_t content(dom::element e) {
  enum : uint64_t { nothing = 1, no, yes, number, text, array, object, whole };
  switch (e.type()) {
    case dom::element_type::NULL_VALUE: return nothing;
    case dom::element_type::BOOL: return e.get_bool().value_unsafe() ? yes : no;
    case dom::element_type::STRING: return mix(hash(e.get_string().value_unsafe()), text);
    case dom::element_type::INT64: {
      int64_t value = e.get_int64().value_unsafe();
      // Beyond 2^53 a double may be another number.
      if (value > int64_t{1} << 53 || value < -(int64_t{1} << 53)) return mix((uint64_t)value, whole);
      double same = (double)value;
      uint64_t bits;
      memcpy(&bits, &same, 8);
      return mix(bits, number);
    }
    case dom::element_type::UINT64: return mix(e.get_uint64().value_unsafe(), whole);
    case dom::element_type::DOUBLE: {
      double value = e.get_double().value_unsafe() + 0.0;  // no -0
      uint64_t bits;
      memcpy(&bits, &value, 8);
      return mix(bits, number);
    }
    case dom::element_type::ARRAY: {
      uint64_t sum = array;
      for (auto item : e.get_array().value_unsafe()) sum = mix(sum, content(item));
      return sum;
    }
    case dom::element_type::OBJECT: {
      uint64_t sum = 0;
      for (auto field : e.get_object().value_unsafe()) sum += mix(hash(field.key), content(field.value));
      return mix(sum, object);
    }
  }
  return 0;
}

}  // namespace

struct lectern_extractor {
  std::vector<Node> nodes{1};
  uint32_t slots = 0;
  Arena arena;
  std::deque<dom::parser> parsers{1};  // one for each level of texts in texts
  dom::parser over;                    // of overlays, so that the document below stays
  dom::element document;               // the object that was extracted last

  uint32_t add(string_view path) {
    size_t node = 0;
    for (;;) {
      size_t dot = path.find('.');
      if (dot == string_view::npos) {
        auto &m = nodes[node].member(path);
        if (m.slot < 0) m.slot = (int32_t)slots++;
        return (uint32_t)m.slot;
      }
      int32_t child = nodes[node].member(path.substr(0, dot)).child;
      if (child < 0) {
        child = (int32_t)nodes.size();
        nodes[node].member(path.substr(0, dot)).child = child;
        nodes.emplace_back();
      }
      node = (size_t)child;
      path.remove_prefix(dot + 1);
    }
  }

  /// Forgets what an earlier member of the same name left in the slots below it.
  void clear(const Node &node, lectern_value *row) {
    for (auto &m : node.members) {
      if (m.slot >= 0) row[m.slot].tag = LECTERN_MISSING;
      if (m.child >= 0) clear(nodes[(size_t)m.child], row);
    }
  }

  const char *keep(string_view text) {
    char *at = arena.take(text.size());
    memcpy(at, text.data(), text.size());
    return at;
  }

  void set(lectern_value &v, dom::element e) {
    switch (e.type()) {
      case dom::element_type::STRING: {
        string_view text = e.get_string().value_unsafe();
        v.tag = LECTERN_TEXT, v.length = (uint32_t)text.size(), v.as.text = keep(text);
        break;
      }
      case dom::element_type::INT64:
        v.tag = LECTERN_INTEGER, v.as.integer = e.get_int64().value_unsafe();
        break;
      case dom::element_type::UINT64:
        v.tag = LECTERN_NUMBER, v.as.number = (double)e.get_uint64().value_unsafe();
        break;
      case dom::element_type::DOUBLE:
        v.tag = LECTERN_NUMBER, v.as.number = e.get_double().value_unsafe();
        break;
      case dom::element_type::BOOL:
        v.tag = e.get_bool().value_unsafe() ? LECTERN_TRUE : LECTERN_FALSE;
        break;
      case dom::element_type::NULL_VALUE:
        v.tag = LECTERN_NULL;
        break;
      case dom::element_type::ARRAY:
      case dom::element_type::OBJECT: {
        std::string text = simdjson::minify(e);
        v.tag = LECTERN_JSON, v.length = (uint32_t)text.size(), v.as.text = keep(text);
        break;
      }
    }
  }

  void walk(dom::object object, size_t at, unsigned depth, lectern_value *row) {
    const Node &node = nodes[at];
    for (auto field : object) {
      const Node::Member *m = node.find(field.key.data(), field.key.size());
      if (!m) continue;
      if (m->slot >= 0) set(row[m->slot], field.value);
      if (m->child < 0) continue;
      clear(nodes[(size_t)m->child], row);
      if (field.value.is_object()) {
        walk(field.value.get_object().value_unsafe(), (size_t)m->child, depth, row);
      } else if (field.value.is_string() && depth < max_text_depth) {
        string_view text = field.value.get_string().value_unsafe();
        char *padded = arena.take(text.size() + LECTERN_JSON_PADDING);
        memcpy(padded, text.data(), text.size());
        memset(padded + text.size(), 0, LECTERN_JSON_PADDING);
        if (parsers.size() <= depth + 1) parsers.emplace_back();
        dom::object inner;
        if (!parsers[depth + 1].parse(padded, text.size(), false).get_object().get(inner))
          walk(inner, (size_t)m->child, depth + 1, row);
      }
    }
  }

  int run(dom::parser &parser, dom::element &root, const char *json, size_t length, lectern_value *row,
          bool is_patch = false) {
    auto error = parser.parse(json, length, false).get(root);
    if (error) return (int)error;
    dom::object object;
    if (root.get_object().get(object)) return not_an_object;
    if (is_patch) {
      patch(object, 0, row);
    } else {
      walk(object, 0, 0, row);
    }
    return 0;
  }

  /// Lays a merge patch over the row. A text that holds JSON counts as an object of the members that were declared.
  void patch(dom::object object, size_t at, lectern_value *row) {
    const Node &node = nodes[at];
    for (auto field : object) {
      const Node::Member *m = node.find(field.key.data(), field.key.size());
      if (!m) continue;
      dom::object inner;
      if (!field.value.get_object().get(inner)) {
        if (m->slot >= 0) merge(row[m->slot], inner);
        if (m->child >= 0) patch(inner, (size_t)m->child, row);
        continue;
      }
      if (m->child >= 0) clear(nodes[(size_t)m->child], row);
      if (m->slot < 0) continue;
      if (field.value.is_null()) {
        row[m->slot].tag = LECTERN_MISSING;
      } else {
        set(row[m->slot], field.value);
      }
    }
  }

  /// Patches a whole object that lies in a slot.
  void merge(lectern_value &v, dom::object changes) {
    std::string text;
    dom::object target;
    dom::parser parser;
    bool is_object = v.tag == LECTERN_JSON && v.length > 0 && v.as.text[0] == '{' &&
                     !parser.parse(v.as.text, v.length, true).get_object().get(target);
    append_merged(text, is_object ? &target : nullptr, changes);
    v.tag = LECTERN_JSON, v.length = (uint32_t)text.size(), v.as.text = keep(text);
  }

  static void append_name(std::string &out, string_view name) {
    static const char digits[] = "0123456789abcdef";
    if (out.back() != '{') out += ',';
    out += '"';
    for (char c : name) {
      if (c == '"' || c == '\\') {
        out += '\\', out += c;
      } else if ((unsigned char)c < 0x20) {
        out += "\\u00", out += digits[c >> 4], out += digits[c & 15];
      } else {
        out += c;
      }
    }
    out += "\":";
  }

  static void append_merged(std::string &out, dom::object *target, dom::object changes) {
    out += '{';
    auto change = [&](string_view name, dom::element value, dom::object *before) {
      if (value.is_null()) return;
      append_name(out, name);
      dom::object inner;
      if (value.get_object().get(inner)) {
        out += simdjson::minify(value);
      } else {
        append_merged(out, before, inner);
      }
    };
    if (target) {
      for (auto field : *target) {
        dom::element value;
        if (changes.at_key(field.key).get(value)) {
          append_name(out, field.key);
          out += simdjson::minify(field.value);
        } else {
          dom::object before;
          change(field.key, value, field.value.get_object().get(before) ? nullptr : &before);
        }
      }
    }
    for (auto field : changes) {
      dom::element found;
      if (!target || target->at_key(field.key).get(found)) change(field.key, field.value, nullptr);
    }
    out += '}';
  }
};

extern "C" {

lectern_extractor *lectern_extractor_create(void) {
  auto *x = new lectern_extractor;
  if (x->parsers[0].allocate(64 << 10)) abort();
  return x;
}
void lectern_extractor_destroy(lectern_extractor *x) { delete x; }
uint32_t lectern_extractor_add(lectern_extractor *x, const char *path, size_t length) {
  return x->add(string_view(path, length));
}
uint32_t lectern_extractor_count(const lectern_extractor *x) { return x->slots; }

int lectern_extractor_run(lectern_extractor *x, const char *json, size_t length, lectern_value *row) {
  for (uint32_t i = 0; i < x->slots; i++) row[i].tag = LECTERN_MISSING;
  return x->run(x->parsers[0], x->document, json, length, row);
}
int lectern_extractor_overlay(lectern_extractor *x, const char *json, size_t length, lectern_value *row) {
  dom::element root;
  return x->run(x->over, root, json, length, row);
}
uint64_t lectern_extractor_content(const lectern_extractor *x, const uint64_t *ignored, size_t count) {
  uint64_t sum = 0;
  for (auto field : x->document.get_object().value_unsafe()) {
    uint64_t name = hash(field.key);
    if (std::find(ignored, ignored + count, name) == ignored + count) sum += mix(name, content(field.value));
  }
  return mix(sum, 0);
}
uint64_t lectern_extractor_name(const char *name, size_t length) { return hash(string_view(name, length)); }
int lectern_extractor_patch(lectern_extractor *x, const char *json, size_t length, lectern_value *row) {
  dom::element root;
  return x->run(x->over, root, json, length, row, true);
}
void lectern_extractor_reset(lectern_extractor *x) { x->arena.reset(); }

const char *lectern_extractor_error(int code) {
  if (code == not_an_object) return "not a JSON object";
  return simdjson::error_message(static_cast<simdjson::error_code>(code));
}

}  // extern "C"
