// Sends events over WebSockets as fast as a server acknowledges them, or at a rate, and says what that costs the server.
//
//     g++ -O3 -std=c++17 load.cpp -o load
//     ./load PORT EVENTS.jsonl [--connections 8] [--window 16] [--events 1000000] [--pid SERVER,…] [--client NAME]
//         [--rate EVENTS-A-SECOND]
//
// Every line of the file is a frame, masked before the clock starts; each connection begins at another line. A connection
// has at most `window` events on their way. An acknowledgement is {"status":"ack","seq":N}, which covers all up to N, or,
// from a server that says nothing of the kind, one text frame an event. With --pid the CPU time of these processes is read
// from /proc when the first event is sent and a second after the last was acknowledged, so that work that lags behind
// counts.
//
// Prints: EVENTS acknowledged, events/s, the server's CPU in µs an event.
#include <arpa/inet.h>
#include <netinet/tcp.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <chrono>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <fstream>
#include <string>
#include <string_view>
#include <vector>

namespace {

[[noreturn]] void fail(const std::string &what) {
  std::fprintf(stderr, "load: %s%s%s\n", what.c_str(), errno ? ": " : "", errno ? std::strerror(errno) : "");
  std::exit(1);
}

// All frames in one block of memory, so that what is sent is always one slice of it.
struct Frames {
  std::string bytes;
  std::vector<size_t> start{0};

  explicit Frames(const char *path) {
    std::ifstream file(path);
    if (!file) fail(path);
    static const unsigned char mask[4] = {0x9c, 0x21, 0x47, 0xe3};
    for (std::string line; std::getline(file, line);) {
      if (line.empty() || line.size() > 0xffff) continue;
      bytes += '\x81';
      if (line.size() < 126) {
        bytes += char(0x80 | line.size());
      } else {
        bytes += {char(0xfe), char(line.size() >> 8), char(line.size() & 0xff)};
      }
      bytes.append(reinterpret_cast<const char *>(mask), 4);
      for (size_t i = 0; i < line.size(); i++) bytes += char(static_cast<unsigned char>(line[i]) ^ mask[i & 3]);
      start.push_back(bytes.size());
    }
    if (count() == 0) fail("no events in " + std::string(path));
  }

  size_t count() const { return start.size() - 1; }
};

struct Options {
  int port = 0;
  const char *file = nullptr;
  size_t connections = 8, window = 16, events = 1'000'000;
  std::vector<long> pids;
  std::string client = "load";
  double rate = 0;  // events a second over all connections; 0: as many as are acknowledged
};

double seconds() {
  return std::chrono::duration<double>(std::chrono::steady_clock::now().time_since_epoch()).count();
}

class Connection {
 public:
  const int socket;

  Connection(const Options &options, const Frames &frames, size_t index)
      : socket(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0)), frames(frames), window(options.window),
        rate(options.rate / double(options.connections)), quota(options.events / options.connections), frame(index * frames.count() / options.connections) {
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_port = htons(uint16_t(options.port));
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    if (connect(socket, reinterpret_cast<sockaddr *>(&address), sizeof address) != 0) fail("connect");
    int yes = 1;
    setsockopt(socket, IPPROTO_TCP, TCP_NODELAY, &yes, sizeof yes);
    std::string request = "GET /wsapi/in/?ack=1&client=" + options.client + "-" + std::to_string(index) +
                          "&seq=1 HTTP/1.1\r\nHost: 127.0.0.1:" + std::to_string(options.port) +
                          "\r\nConnection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Version: 13\r\n"
                          "Sec-WebSocket-Key: bGVjdGVybiBsb2FkIGtleQ==\r\n\r\n";
    if (::send(socket, request.data(), request.size(), MSG_NOSIGNAL) != ssize_t(request.size())) fail("handshake");
    std::string head;
    for (char byte; head.size() < 4 || head.compare(head.size() - 4, 4, "\r\n\r\n") != 0; head += byte)
      if (recv(socket, &byte, 1, 0) != 1) fail("handshake");
    if (head.compare(0, 12, "HTTP/1.1 101") != 0) fail("no WebSocket: " + head.substr(0, head.find('\r')));
  }

  bool isDone() const { return acknowledged == quota; }
  size_t done() const { return acknowledged; }

  // Begins to send; `now` is what `seconds` says.
  void begin(double now) {
    began = now;
    send();
  }

  // Sends what window and rate let through.
  void send() {
    while (true) {
      size_t room = std::min(quota, acknowledged + window);
      // One that it has begun goes on.
      if (rate > 0) room = std::min(room, std::max(sent + (offset > 0), size_t((seconds() - began) * rate)));
      room -= std::min(room, sent);
      room = std::min(room, frames.count() - frame);
      if (room == 0) return;
      size_t from = frames.start[frame] + offset, end = frames.start[frame + room];
      ssize_t count = ::send(socket, frames.bytes.data() + from, end - from, MSG_NOSIGNAL | MSG_DONTWAIT);
      if (count < 0 && (errno == EAGAIN || errno == EINTR)) return;
      if (count < 0) fail("send");
      size_t reached = from + size_t(count);
      while (frame < frames.count() && frames.start[frame + 1] <= reached) frame++, sent++;
      offset = reached - frames.start[frame];
      if (frame == frames.count()) frame = 0;
    }
  }

  void receive() {
    while (true) {
      ssize_t count = recv(socket, buffer + filled, sizeof buffer - filled, MSG_DONTWAIT);
      if (count == 0) fail("the server closed the connection");
      if (count < 0 && (errno == EAGAIN || errno == EINTR)) return;
      if (count < 0) fail("recv");
      filled += size_t(count);
      size_t at = 0;
      while (size_t length = take(at)) at += length;
      std::memmove(buffer, buffer + at, filled - at);
      filled -= at;
    }
  }

 private:
  const Frames &frames;
  const size_t window;
  const double rate;
  const size_t quota;
  double began = 0;
  size_t frame, offset = 0, sent = 0, acknowledged = 0, filled = 0;
  unsigned char buffer[1 << 16];

  // Reads one frame of the server, which are short; returns its length, 0 if it is not there as a whole.
  size_t take(size_t at) {
    const unsigned char *head = buffer + at;
    size_t there = filled - at;
    if (there < 2) return 0;
    size_t length = head[1] & 0x7f, skip = 2;
    if (length == 127) fail("a long frame");
    if (length == 126) {
      if (there < 4) return 0;
      length = size_t(head[2]) << 8 | head[3], skip = 4;
    }
    if (there < skip + length) return 0;
    errno = 0;
    std::string_view text(reinterpret_cast<const char *>(head + skip), length);
    if ((head[0] & 15) == 8) fail("the server said goodbye");
    if ((head[0] & 15) == 1) acknowledge(text);
    return skip + length;
  }

  void acknowledge(std::string_view text) {
    size_t number = text.find("\"seq\":");
    if (text.find("\"ack\"") != text.npos && number != text.npos) {
      acknowledged = std::strtoull(text.data() + number + 6, nullptr, 10);
    } else if (text.find("\"status\"") == text.npos) {
      acknowledged++;
    }  // Anything else says who we are, or that an event is malformed, as some are; an acknowledgement still follows.
    if (acknowledged > sent) fail("an acknowledgement of what was not sent");
  }
};

// User and system time of a process, in seconds.
double cpu(long pid) {
  std::ifstream file("/proc/" + std::to_string(pid) + "/stat");
  std::string text((std::istreambuf_iterator<char>(file)), {});
  size_t name = text.rfind(')');
  if (name == text.npos) fail("no process " + std::to_string(pid));
  // The 14th and 15th field; the name is the second.
  const char *at = text.c_str() + name + 1;
  for (int field = 0; field < 11; field++) at = std::strchr(at + 1, ' ');
  char *end;
  double user = std::strtod(at, &end);
  return (user + std::strtod(end, nullptr)) / double(sysconf(_SC_CLK_TCK));
}

double cpu(const std::vector<long> &pids) {
  double sum = 0;
  for (long pid : pids) sum += cpu(pid);
  return sum;
}

std::vector<long> parsePids(const char *text) {
  std::vector<long> pids;
  for (char *end; *text; text = *end ? end + 1 : end) pids.push_back(std::strtol(text, &end, 10));
  return pids;
}

Options parse(int count, char **words) {
  Options options;
  if (count < 3) fail("expected PORT EVENTS.jsonl [--connections N] [--window N] [--events N] [--pid N,…] "
                      "[--client NAME] [--rate N]");
  options.port = std::atoi(words[1]);
  options.file = words[2];
  for (int i = 3; i + 1 < count; i += 2) {
    std::string name = words[i];
    if (name == "--client") options.client = words[i + 1];
    else if (name == "--connections") options.connections = size_t(std::atol(words[i + 1]));
    else if (name == "--window") options.window = size_t(std::atol(words[i + 1]));
    else if (name == "--events") options.events = size_t(std::atol(words[i + 1]));
    else if (name == "--rate") options.rate = std::atof(words[i + 1]);
    else if (name == "--pid") options.pids = parsePids(words[i + 1]);
    else fail("unknown option " + name);
  }
  if (options.connections < 1 || options.window < 1) fail("expected at least one connection and a window of one");
  return options;
}

}  // namespace

int main(int count, char **words) {
  errno = 0;
  Options options = parse(count, words);
  Frames frames(options.file);
  std::vector<Connection *> connections;
  int poll = epoll_create1(EPOLL_CLOEXEC);
  for (size_t i = 0; i < options.connections; i++) {
    connections.push_back(new Connection(options, frames, i));
    epoll_event event{};
    event.events = EPOLLIN | EPOLLOUT | EPOLLET;
    event.data.ptr = connections.back();
    epoll_ctl(poll, EPOLL_CTL_ADD, connections.back()->socket, &event);
  }
  double cpuBefore = cpu(options.pids), began = seconds();
  size_t left = connections.size();
  for (Connection *connection : connections) connection->begin(began);
  double heard = began;
  while (left > 0) {
    epoll_event events[64];
    int ready = epoll_wait(poll, events, 64, options.rate > 0 ? 2 : 20'000);
    if (ready > 0) heard = seconds();
    else if (seconds() - heard > 19) errno = 0, fail("nothing was acknowledged for 20 seconds");
    if (options.rate > 0) for (Connection *connection : connections) connection->send();
    for (int i = 0; i < ready; i++) {
      auto *connection = static_cast<Connection *>(events[i].data.ptr);
      if (connection->isDone()) continue;
      connection->receive();
      if (connection->isDone()) left--;
      else connection->send();
    }
  }
  double wall = seconds() - began;
  sleep(1);
  size_t done = 0;
  for (Connection *connection : connections) done += connection->done();
  std::printf("%zu acknowledged, %.0f events/s, %.3f µs CPU an event\n", done, double(done) / wall,
              (cpu(options.pids) - cpuBefore) * 1e6 / double(done));
}
