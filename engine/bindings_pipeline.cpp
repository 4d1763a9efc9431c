// Python bindings of the pipeline: wire records to commands, or to the digest of their events.
#include <nanobind/stl/string.h>
#include <nanobind/stl/tuple.h>

#include <memory>
#include <string>
#include <tuple>
#include <vector>

#include "bindings_arrays.hpp"
#include "bindings_sha256.hpp"
#include "obengine/core/pipeline.hpp"
#include "obengine/io/wire.hpp"

namespace {

using obengine::Command;
using obengine::Event;
// Events and their digest; nanoseconds spent decoding, matching, digesting; nanoseconds of each batch (uint64).
using PipelineTuple =
    std::tuple<std::uint64_t, std::string, std::uint64_t, std::uint64_t, std::uint64_t, BytesOut>;

constexpr std::size_t max_batch = std::size_t{1} << 24;
constexpr std::size_t max_handoffs = std::size_t{1} << 32;

[[nodiscard]] BytesOut wire_commands(const BytesIn& wire) {
    require(wire.size() % sizeof(Command) == 0, "wire must be whole records");
    const std::size_t count = wire.size() / sizeof(Command);
    Memory commands;
    {
        const nb::gil_scoped_release released;
        commands = allocate(count * sizeof(Command));
        obengine::decode_wire(wire.data(), count, static_cast<Command*>(commands.get()));
    }
    return as_array(std::move(commands), count * sizeof(Command));
}

[[nodiscard]] PipelineTuple run_pipeline(const BytesIn& wire, std::size_t symbols, std::size_t batch) {
    require_symbols(symbols);
    require(wire.size() % sizeof(Command) == 0, "wire must be whole records");
    require(batch >= 1 && batch <= max_batch, "batch must be 1 to 2^24");
    Sha256 digest;
    std::uint64_t published = 0;
    obengine::PipelineTimes times;
    {
        const nb::gil_scoped_release released;
        obengine::Pipeline pipeline(symbols, batch);
        times = pipeline.run(wire.data(), wire.size() / sizeof(Command), [&](const Event* events, std::size_t count) {
            if (count == 0) return;
            digest.take(events, count);
            published += count;
        });
    }
    auto batches = std::make_unique<std::vector<std::uint64_t>>(std::move(times.batch_ns));
    return {published,        digest.hexdigest(), times.decode_ns, times.match_ns,
            times.publish_ns, as_bytes(std::move(batches))};
}

[[nodiscard]] std::uint64_t pipeline_handoff_ns(std::size_t batches) {
    require(batches <= max_handoffs, "batches must be at most 2^32");
    const nb::gil_scoped_release released;
    return obengine::handoff_ns(batches);
}

}  // namespace

void bind_pipeline(nb::module_& module) {
    module.def("wire_commands", &wire_commands, nb::arg("wire"),
               "Convert big-endian records to COMMAND records, both as byte arrays.");
    module.def("run_pipeline", &run_pipeline, nb::arg("wire"), nb::arg("symbols"), nb::arg("batch"),
               "Decode and match on another thread, digest on this one; returns events, sha256, three busy ns, batch ns.");
    module.def("pipeline_handoff_ns", &pipeline_handoff_ns, nb::arg("batches"),
               "Nanoseconds to pass this many empty batches between two threads.");
}
