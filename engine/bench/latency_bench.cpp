// Latency in nanoseconds from a record to its events, one message at a time, from a file of COMMAND records; x86-64.
// usage: obengine_latency_bench FILE [HISTOGRAM.csv]
#include <algorithm>
#include <chrono>
#include <cstdint>
#include <cstdio>
#include <fstream>
#include <vector>

#include "obengine/core/engine.hpp"
#include "obengine/io/event_buffer.hpp"

namespace {

using namespace obengine;

// Reads the cycle counter; earlier instructions have completed, later ones have not started.
std::uint64_t cycles() noexcept {
    std::uint32_t low = 0;
    std::uint32_t high = 0;
    asm volatile("lfence\n\trdtsc\n\tlfence" : "=a"(low), "=d"(high) : : "memory");
    return std::uint64_t{high} << 32 | low;
}

double ns_a_cycle() {
    const auto start = std::chrono::steady_clock::now();
    const std::uint64_t first = cycles();
    while (std::chrono::steady_clock::now() - start < std::chrono::milliseconds(200)) {
    }
    const std::uint64_t passed = cycles() - first;
    return std::chrono::duration<double, std::nano>(std::chrono::steady_clock::now() - start).count() /
           static_cast<double>(passed);
}

// The median overhead of two readings of the counter.
std::uint64_t own_cost() {
    std::vector<std::uint64_t> costs(10'001);
    for (auto& cost : costs) {
        const std::uint64_t start = cycles();
        cost = cycles() - start;
    }
    std::nth_element(costs.begin(), costs.begin() + 5'000, costs.end());
    return costs[5'000];
}

}  // namespace

int main(int argc, char** argv) {
    std::ifstream file(argc > 1 ? argv[1] : "", std::ios::binary | std::ios::ate);
    if (!file) {
        std::fprintf(stderr, "usage: obengine_latency_bench FILE [HISTOGRAM.csv]\n");
        return 2;
    }
    std::vector<Command> commands(static_cast<std::size_t>(file.tellg()) / sizeof(Command));
    file.seekg(0);
    file.read(reinterpret_cast<char*>(commands.data()), static_cast<std::streamsize>(commands.size() * sizeof(Command)));

    const double scale_ns = ns_a_cycle();
    const std::uint64_t cost = own_cost();
    Engine engine;
    EventBuffer buffer;
    buffer.reserve(1'000'000);
    std::vector<std::uint32_t> taken;
    taken.reserve(commands.size());
    for (const Command& command : commands) {
        buffer.clear();
        GrowingSink sink(buffer);
        const std::uint64_t start = cycles();
        engine.apply(command, sink);
        const std::uint64_t passed = cycles() - start;
        taken.push_back(static_cast<std::uint32_t>(passed > cost ? passed - cost : 0));
    }
    std::sort(taken.begin(), taken.end());
    const auto quantile = [&](double q) {
        return scale_ns * taken[static_cast<std::size_t>(q * static_cast<double>(taken.size() - 1))];
    };
    std::printf("%zu messages, counter costs %.1f ns (taken off): p50 %.0f, p90 %.0f, p99 %.0f, p99.9 %.0f, p99.99 %.0f, max %.0f ns\n",
                taken.size(), scale_ns * static_cast<double>(cost), quantile(0.5), quantile(0.9), quantile(0.99),
                quantile(0.999), quantile(0.9999), quantile(1.0));
    if (argc > 2) {
        std::ofstream histogram(argv[2]);
        histogram << "latency_ns,messages\n";
        for (std::size_t k = 0; k < taken.size();) {
            const auto ns = static_cast<std::uint64_t>(scale_ns * taken[k]);
            std::size_t same = k;
            while (same < taken.size() && static_cast<std::uint64_t>(scale_ns * taken[same]) == ns) ++same;
            histogram << ns << ',' << same - k << '\n';
            k = same;
        }
    }
    return 0;
}
