// Google Benchmark: messages per second of a plain stream and of a stream with all order kinds.
#include <benchmark/benchmark.h>

#include <cstdint>
#include <span>
#include <vector>

#include "flow.hpp"
#include "obengine/core/engine.hpp"
#include "obengine/io/event_buffer.hpp"

namespace {

using namespace obengine;

std::vector<Command> plain_flow(std::size_t count) {
    testing::Random random(1);
    std::vector<Command> flow;
    while (flow.size() < count) flow.push_back(testing::plain_command(random, 1000));
    return flow;
}

void run(benchmark::State& state, const std::vector<Command>& flow) {
    EventBuffer buffer;
    for (auto _ : state) {
        Engine engine(2);
        buffer.clear();
        GrowingSink sink(buffer);
        engine.apply(std::span(flow), sink);
        benchmark::DoNotOptimize(sink.size());
    }
    state.SetItemsProcessed(static_cast<std::int64_t>(state.iterations()) * static_cast<std::int64_t>(flow.size()));
}

void plain(benchmark::State& state) { run(state, plain_flow(200'000)); }
void every_kind(benchmark::State& state) { run(state, testing::feature_flow(1, 200'000)); }

BENCHMARK(plain)->Unit(benchmark::kMillisecond);
BENCHMARK(every_kind)->Unit(benchmark::kMillisecond);

}  // namespace

BENCHMARK_MAIN();
