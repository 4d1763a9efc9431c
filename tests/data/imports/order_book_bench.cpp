// One add and one cancel of the order book, timed by Google Benchmark.
#include <benchmark/benchmark.h>
#include <obengine/engine.hpp>
#include <vector>

static void add_and_cancel(benchmark::State& state) {
    obengine::Engine engine;
    obengine::CountingSink sink;
    obengine::Command add{};
    add.qty_lots = 5;
    add.price_ticks = 100;
    std::uint64_t id = 0;
    for (auto _ : state) {
        add.order_id = ++id;
        engine.apply(add, sink);
        auto cancel = add;
        cancel.op = 1;
        engine.apply(cancel, sink);
    }
    state.SetItemsProcessed(2 * state.iterations());
}
BENCHMARK(add_and_cancel);

static void sum_of_levels(benchmark::State& state) {
    std::vector<long> levels(static_cast<std::size_t>(state.range(0)), 3);
    for (auto _ : state) {
        long total = 0;
        for (long level : levels) total += level;
        benchmark::DoNotOptimize(total);
    }
    state.SetBytesProcessed(state.iterations() * state.range(0) * static_cast<long>(sizeof(long)));
}
BENCHMARK(sum_of_levels)->Arg(256)->Arg(4096)->Unit(benchmark::kMicrosecond);
BENCHMARK_MAIN();
