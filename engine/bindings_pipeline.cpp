// Wire records to commands or, by two threads, to the digest of their events, for Python.
#include <nanobind/stl/string.h>
#include <nanobind/stl/tuple.h>

#include <memory>
#include <string>
#include <tuple>
#include <vector>

#include "bindings_arrays.hpp"
#include "obengine/core/pipeline.hpp"
#include "obengine/io/wire.hpp"

namespace {

using obengine::Command;
using obengine::Event;
// Events and their digest, nanoseconds busy decoding, matching, digesting; nanoseconds of each batch (uint64).
using PipelineRow =
    std::tuple<std::uint64_t, std::string, std::uint64_t, std::uint64_t, std::uint64_t, BytesOut>;

[[nodiscard]] BytesOut wire_commands(const BytesIn& wire) {
    const std::size_t count = wire.size() / sizeof(Command);
    Memory commands;
    {
        const nb::gil_scoped_release released;
        commands = allocate(count * sizeof(Command));
        obengine::decode_wire(wire.data(), count, static_cast<Command*>(commands.get()));
    }
    return as_array(std::move(commands), count * sizeof(Command));
}

// The sha256 of Python's own library, which is as fast as the processor lets it be.
class Sha256 {
public:
    Sha256() : hash_(nb::module_::import_("hashlib").attr("sha256")()), update_(hash_.attr("update")) {}

    void take(const Event* events, std::size_t count) {
        const nb::gil_scoped_acquire acquired;
        // The bytes are lent to the library alone, and only for this call: PyBUF_READ.
        char* const first = reinterpret_cast<char*>(const_cast<Event*>(events));
        const auto bytes = static_cast<Py_ssize_t>(count * sizeof(Event));
        const nb::object view = nb::steal(PyMemoryView_FromMemory(first, bytes, PyBUF_READ));
        if (!view.is_valid()) throw nb::python_error();
        update_(view);
    }

    [[nodiscard]] std::string hexdigest() { return nb::cast<std::string>(hash_.attr("hexdigest")()); }

private:
    nb::object hash_;
    nb::object update_;
};

[[nodiscard]] PipelineRow run_pipeline(const BytesIn& wire, std::size_t symbols, std::size_t batch) {
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
    const nb::gil_scoped_release released;
    return obengine::handoff_ns(batches);
}

}  // namespace

void bind_pipeline(nb::module_& module) {
    module.def("wire_commands", &wire_commands, nb::arg("wire"),
               "The COMMAND records of big-endian ones, both as byte arrays.");
    module.def("run_pipeline", &run_pipeline, nb::arg("wire"), nb::arg("symbols"), nb::arg("batch"),
               "Decode and match on another thread, digest on this one: events, sha256, three busy ns, batch ns.");
    module.def("pipeline_handoff_ns", &pipeline_handoff_ns, nb::arg("batches"),
               "Nanoseconds to hand so many empty batches from thread to thread.");
}
