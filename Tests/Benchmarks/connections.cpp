// Holds idle WebSockets open, floods others, and measures how long honest clients wait for their acknowledgements meanwhile.
//
//     g++ -O3 -std=c++17 connections.cpp -o connections
//     ./connections PORT IDLE FLOODING HONEST SECONDS HOST
//
// Each idle connection says who it is, and nothing more. Each flooding one sends events of 200 bytes as fast as its socket
// takes them. Each honest one sends an event every 50 ms and waits for its acknowledgement. HOST is the server's process:
// its memory is read at the end of each phase.
//
// Prints: the memory in MiB before, with the idle connections, and the most during the flood; events that the flooding
// ones could send in a second; honest events sent and acknowledged, and the middle, 99th and last percentile of their time.
#include <arpa/inet.h>
#include <fcntl.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <string>
#include <vector>

using Clock = std::chrono::steady_clock;

[[noreturn]] static void fail(const std::string &what) {
  std::fprintf(stderr, "connections: %s: %s\n", what.c_str(), std::strerror(errno));
  std::exit(1);
}

static std::string frame(const std::string &text) {
  std::string bytes = "\x81";
  if (text.size() < 126) {
    bytes += char(0x80 | text.size());
  } else {
    bytes += {char(0xfe), char(text.size() >> 8), char(text.size() & 0xff)};
  }
  // Masked with zeros, which leaves the text as it is.
  return bytes + std::string(4, '\0') + text;
}

static void write_all(int socket, const std::string &bytes) {
  for (size_t sent = 0; sent < bytes.size();) {
    ssize_t count = send(socket, bytes.data() + sent, bytes.size() - sent, MSG_NOSIGNAL);
    if (count <= 0) fail("send");
    sent += count;
  }
}

static int connection(int port, const std::string &query) {
  int client = socket(AF_INET, SOCK_STREAM, 0);
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_port = htons(port);
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  if (client < 0 || connect(client, (sockaddr *)&address, sizeof address) != 0) fail("connect");
  int on = 1;
  setsockopt(client, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
  write_all(client, "GET /wsapi/in/" + query + " HTTP/1.1\r\nHost: 127.0.0.1\r\nConnection: Upgrade\r\n"
                    "Upgrade: websocket\r\nSec-WebSocket-Version: 13\r\n"
                    "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n");
  std::string head;
  for (char byte; head.size() < 4 || head.compare(head.size() - 4, 4, "\r\n\r\n") != 0; head += byte)
    if (recv(client, &byte, 1, 0) != 1) fail("handshake");
  if (head.compare(0, 12, "HTTP/1.1 101") != 0) fail("refused: " + head.substr(0, head.find('\r')));
  return client;
}

// The resident memory of a process, in MiB.
static double memory(int process) {
  std::string path = "/proc/" + std::to_string(process) + "/statm";
  FILE *file = std::fopen(path.c_str(), "r");
  long total = 0, resident = 0;
  if (!file || std::fscanf(file, "%ld %ld", &total, &resident) != 2) fail(path);
  std::fclose(file);
  return resident * double(sysconf(_SC_PAGESIZE)) / (1 << 20);
}

struct Honest {
  int socket;
  std::string name, received;
  Clock::time_point sent{}, due{};
  int number = 0;
  bool waits = false;
};

int main(int count, char **arguments) {
  if (count != 7) {
    std::fprintf(stderr, "usage: connections PORT IDLE FLOODING HONEST SECONDS HOST\n");
    return 64;
  }
  int port = std::atoi(arguments[1]), idle = std::atoi(arguments[2]), flooding = std::atoi(arguments[3]);
  int honest = std::atoi(arguments[4]), seconds = std::atoi(arguments[5]), host = std::atoi(arguments[6]);
  double before = memory(host);

  for (int i = 0; i < idle; i++)
    write_all(connection(port, ""), frame("{\"event\":\"hello\",\"user_id\":\"idle" + std::to_string(i) + "\"}"));
  usleep(1000 * 1000);
  double resting = memory(host);

  std::vector<Honest> clients;
  for (int i = 0; i < honest; i++) {
    std::string name = "honest" + std::to_string(i);
    clients.push_back({connection(port, "?ack=1&client=" + name), name, "", {}, {}});
    fcntl(clients.back().socket, F_SETFL, O_NONBLOCK);
    clients.back().due = Clock::now() + std::chrono::milliseconds(i * 50 / honest);
  }
  std::vector<pollfd> polls;
  for (auto &client : clients) polls.push_back({client.socket, POLLIN, 0});
  std::vector<size_t> offsets(flooding, 0);
  std::vector<std::string> floods;
  for (int i = 0; i < flooding; i++) {
    int client = connection(port, "");
    fcntl(client, F_SETFL, O_NONBLOCK);
    polls.push_back({client, POLLOUT, 0});
    std::string event = "{\"event\":\"flood\",\"user_id\":\"flood" + std::to_string(i) + "\",\"text\":\"";
    event += std::string(200 - event.size() - 2, 'x') + "\"}";
    std::string many;
    while (many.size() < 32 << 10) many += frame(event);
    floods.push_back(many);
  }
  size_t event_bytes = frame(std::string(200, ' ')).size(), flooded = 0;
  long sent = 0, acknowledged = 0;
  double most = 0;
  std::vector<double> times;
  auto start = Clock::now(), end = start + std::chrono::seconds(seconds);
  auto last_look = start;
  while (Clock::now() < end + std::chrono::seconds(10)) {
    auto now = Clock::now();
    bool is_over = now >= end;
    bool waits = false;
    for (auto &client : clients) {
      waits |= client.waits;
      if (is_over || client.waits || now < client.due) continue;
      write_all(client.socket, frame("{\"event\":\"honest\",\"user_id\":\"" + client.name + "\",\"seq\":" +
                                     std::to_string(++client.number) + "}"));
      client.sent = now;
      client.due += std::chrono::milliseconds(50);
      client.waits = true;
      sent++;
    }
    if (is_over && !waits) break;
    if (now - last_look > std::chrono::milliseconds(200)) {
      most = std::max(most, memory(host));
      last_look = now;
    }
    if (is_over) for (size_t i = honest; i < polls.size(); i++) polls[i].fd = -1;
    poll(polls.data(), polls.size(), 1);
    for (size_t i = 0; i < polls.size(); i++) {
      if (!polls[i].revents) continue;
      if (i >= size_t(honest)) {
        size_t &offset = offsets[i - honest];
        const std::string &bytes = floods[i - honest];
        ssize_t count = send(polls[i].fd, bytes.data() + offset, bytes.size() - offset, MSG_NOSIGNAL);
        if (count < 0 && errno != EAGAIN) fail("a flooding connection was closed");
        if (count > 0) {
          flooded += count;
          offset = (offset + count) % bytes.size();
        }
        char waste[4096];
        while (recv(polls[i].fd, waste, sizeof waste, MSG_DONTWAIT) > 0) {}
        continue;
      }
      Honest &client = clients[i];
      char bytes[4096];
      ssize_t count = recv(client.socket, bytes, sizeof bytes, 0);
      if (count == 0) fail("an honest connection was closed");
      if (count > 0) client.received.append(bytes, count);
      std::string wanted = "{\"status\":\"ack\",\"seq\":" + std::to_string(client.number) + "}";
      if (client.waits && client.received.find(wanted) != std::string::npos) {
        times.push_back(std::chrono::duration<double, std::milli>(Clock::now() - client.sent).count());
        client.received.clear();
        client.waits = false;
        acknowledged++;
      }
    }
  }
  std::sort(times.begin(), times.end());
  if (times.empty()) fail("nothing was acknowledged");
  std::printf("memory MiB: %.0f before, %.0f with %d idle connections, %.0f at most during the flood\n", before, resting,
              idle, most);
  std::printf("%d flooding connections: %.0f events a second\n", flooding, flooded / double(event_bytes) / seconds);
  std::printf("%d honest ones: %ld events sent, %ld acknowledged; %.1f ms median, %.1f ms p99, %.1f ms at most\n", honest,
              sent, acknowledged, times[times.size() / 2], times[times.size() * 99 / 100], times.back());
  return sent == acknowledged ? 0 : 1;
}
