// Two-stage pipeline: one thread decodes and matches, the calling thread publishes the events per batch.
#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <exception>
#include <thread>
#include <vector>

#include "obengine/core/engine.hpp"
#include "obengine/core/steady_clock.hpp"
#include "obengine/io/event_buffer.hpp"
#include "obengine/io/spsc_ring.hpp"
#include "obengine/io/wire.hpp"

namespace obengine {

// Busy times of the stages without waiting, and the latency of each batch.
struct PipelineTimes {
    std::uint64_t decode_ns = 0;
    std::uint64_t match_ns = 0;
    std::uint64_t publish_ns = 0;
    std::vector<std::uint64_t> batch_ns;  // from decoding to the start of `publish`
};

class Pipeline {
public:
    static constexpr std::size_t depth = 8;

    Pipeline(std::size_t symbols, std::size_t batch) : engine_(symbols), batch_(std::max<std::size_t>(batch, 1)) {}

    // Calls `publish(events, count)` on this thread for each batch, in order. Rethrows exceptions of `publish`
    // and of the other thread; the pipeline must not be used after that.
    template <class Publish>
    PipelineTimes run(const unsigned char* records, std::size_t count, Publish&& publish) {
        PipelineTimes times;
        times.batch_ns.reserve(count / batch_ + 1);
        std::exception_ptr failure;
        std::thread matching([&] { match_all(records, count, times, failure); });
        try {
            while (Slot* const slot = ring_.front()) {
                const std::uint64_t start = steady_ns();
                times.batch_ns.push_back(start - slot->taken_ns);
                publish(slot->events.data(), slot->events.size());
                times.publish_ns += steady_ns() - start;
                ring_.pop();
            }
        } catch (...) {
            ring_.close();
            matching.join();
            throw;
        }
        matching.join();
        if (failure != nullptr) std::rethrow_exception(failure);
        return times;
    }

private:
    struct Slot {
        EventBuffer events;
        std::uint64_t taken_ns = 0;
    };

    void match_all(const unsigned char* records, std::size_t count, PipelineTimes& times,
                   std::exception_ptr& failure) noexcept {
        try {
            std::vector<Command> commands(std::min(batch_, count));
            for (std::size_t at = 0; at < count; at += batch_) {
                Slot* const slot = ring_.claim();
                if (slot == nullptr) break;
                const std::size_t size = std::min(batch_, count - at);
                slot->taken_ns = steady_ns();
                decode_wire(records + at * sizeof(Command), size, commands.data());
                const std::uint64_t decoded_ns = steady_ns();
                slot->events.clear();
                slot->events.reserve(size + size / 4 + 1);
                {
                    GrowingSink sink(slot->events);
                    engine_.apply_records(reinterpret_cast<const unsigned char*>(commands.data()), size, sink);
                }
                times.decode_ns += decoded_ns - slot->taken_ns;
                times.match_ns += steady_ns() - decoded_ns;
                ring_.publish();
            }
        } catch (...) {
            failure = std::current_exception();
        }
        ring_.finish();
    }

    Engine engine_;
    std::size_t batch_;
    SpscRing<Slot, depth> ring_;
};

// Nanoseconds to pass `batches` empty batches from one thread to another through the ring.
[[nodiscard]] inline std::uint64_t handoff_ns(std::size_t batches) {
    SpscRing<char, Pipeline::depth> ring;
    const std::uint64_t start = steady_ns();
    std::thread sending([&] {
        for (std::size_t k = 0; k < batches && ring.claim() != nullptr; ++k) ring.publish();
        ring.finish();
    });
    while (ring.front() != nullptr) ring.pop();
    sending.join();
    return steady_ns() - start;
}

}  // namespace obengine
