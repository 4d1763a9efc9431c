// Nanoseconds of processor time per message, from a file of COMMAND records: fresh engines, one event buffer.
// With `single`, each message is applied by its own call, without the batch's loop and prefetches.
// usage: obengine_stream_bench FILE [rounds] [symbols] [single]
#include <algorithm>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <ctime>
#include <fstream>
#include <iterator>
#include <vector>

#include "obengine/core/engine.hpp"
#include "obengine/io/event_sink.hpp"

namespace {

using namespace obengine;

std::vector<Command> read_commands(const char* path) {
    std::ifstream file(path, std::ios::binary | std::ios::ate);
    if (!file) return {};
    std::vector<Command> commands(static_cast<std::size_t>(file.tellg()) / sizeof(Command));
    file.seekg(0);
    file.read(reinterpret_cast<char*>(commands.data()), static_cast<std::streamsize>(commands.size() * sizeof(Command)));
    return commands;
}

struct Pass {
    double ns_per_message;
    std::uint64_t checksum;
    std::size_t events;
};

// The event buffer is reused for each stride, as a consumer would do.
template <bool single>
Pass run(const std::vector<Command>& commands, std::size_t symbols) {
    constexpr std::size_t stride = 4096;
    Engine engine(symbols);
    std::vector<Event> buffer(max_events(stride, 0));
    std::uint64_t checksum = 0;
    const std::clock_t start = std::clock();
    for (std::size_t done = 0; done < commands.size(); done += stride) {
        const std::size_t now = std::min(stride, commands.size() - done);
        const std::size_t room = max_events(now, engine.open_orders());
        if (buffer.size() < room) buffer.resize(2 * room);
        BufferSink sink(buffer.data(), buffer.size());
        if constexpr (single) {
            for (std::size_t at = done; at < done + now; ++at) engine.apply(commands[at], sink);
        } else {
            engine.apply_records(commands.data() + done, now, sink);
        }
        checksum = checksum * 31 + buffer[sink.size() - 1].order_id;
    }
    const double took_ns = 1e9 * static_cast<double>(std::clock() - start) / CLOCKS_PER_SEC;
    return {took_ns / static_cast<double>(commands.size()), checksum, static_cast<std::size_t>(engine.next_sequence())};
}

}  // namespace

int main(int argc, char** argv) {
    const std::vector<Command> commands = argc > 1 ? read_commands(argv[1]) : std::vector<Command>{};
    if (commands.empty()) {
        std::fprintf(stderr, "usage: obengine_stream_bench FILE [rounds] [symbols] [single]\n");
        return 2;
    }
    const int rounds = argc > 2 ? std::max(1, std::atoi(argv[2])) : 9;
    const std::size_t symbols = argc > 3 ? static_cast<std::size_t>(std::atol(argv[3])) : 1;
    const bool single = argc > 4 && std::strcmp(argv[4], "single") == 0;
    std::vector<double> times;
    Pass last{};
    for (int k = 0; k < rounds; ++k) {
        last = single ? run<true>(commands, symbols) : run<false>(commands, symbols);
        times.push_back(last.ns_per_message);
    }
    std::sort(times.begin(), times.end());
    std::printf("%zu messages, %zu events, checksum %016llx: median %.2f, best %.2f, worst %.2f ns a message\n",
                commands.size(), last.events, static_cast<unsigned long long>(last.checksum), times[times.size() / 2],
                times.front(), times.back());
    return 0;
}
