// One batch on two threads: another thread matches, the calling thread reads the events while they are written.
#pragma once

#include <algorithm>
#include <atomic>
#include <cstddef>
#include <cstdint>
#include <exception>
#include <thread>
#include <utility>

#include "obengine/core/engine.hpp"
#include "obengine/core/steady_clock.hpp"
#include "obengine/io/event_buffer.hpp"

namespace obengine {

// How many events of a buffer are complete, and how many of them are read. A thread that has to wait sleeps.
class EventProgress {
public:
    // The writer: so many events are complete. False if the reader has stopped.
    bool publish(std::uint64_t events) noexcept {
        complete_.store(events, std::memory_order_release);
        complete_.notify_one();
        return read_.load(std::memory_order_relaxed) != stopped;
    }
    void finish() noexcept {
        complete_.fetch_or(finished, std::memory_order_release);
        complete_.notify_one();
    }
    // The writer: waits until the reader reads no event of the buffer, which may then be moved.
    void wait_until_read() noexcept {
        const std::uint64_t complete = complete_.load(std::memory_order_relaxed);
        std::uint64_t read = read_.load(std::memory_order_acquire);
        for (; read < complete; read = read_.load(std::memory_order_acquire)) read_.wait(read, std::memory_order_acquire);
    }

    // The reader has read `events` events; waits for more. The complete ones; as many as are read if there are no more.
    [[nodiscard]] std::uint64_t wait_for_more(std::uint64_t events) noexcept {
        read_.store(events, std::memory_order_release);
        read_.notify_one();
        std::uint64_t complete = complete_.load(std::memory_order_acquire);
        for (; complete == events; complete = complete_.load(std::memory_order_acquire)) {
            complete_.wait(complete, std::memory_order_acquire);
        }
        return complete & ~finished;
    }
    void stop() noexcept {
        read_.store(stopped, std::memory_order_release);
        read_.notify_one();
    }

private:
    static constexpr std::uint64_t finished = std::uint64_t{1} << 63;
    static constexpr std::uint64_t stopped = ~std::uint64_t{0};

    alignas(64) std::atomic<std::uint64_t> complete_{0};
    alignas(64) std::atomic<std::uint64_t> read_{0};
};

// Applies `count` records to the engine on another thread and appends the events to `events`, which must be empty.
// Meanwhile calls `read(first, count)` on this thread for all events, in order and in parts. Returns the nanoseconds of
// the other thread.
// Rethrows exceptions of `read` and of the other thread: then only a part of the batch is applied.
template <class Read>
std::uint64_t apply_and_read(Engine& engine, const void* records, std::size_t count, EventBuffer& events, Read&& read) {
    constexpr std::size_t stride = 1024;           // commands between two reports of progress
    constexpr std::uint64_t most_read = 1U << 15;  // 1 MiB of events: less than a millisecond
    EventProgress progress;
    std::exception_ptr failure;
    std::uint64_t matching_ns = 0;
    std::thread matching([&] {
        const std::uint64_t start = steady_ns();
        try {
            const auto* const at = static_cast<const unsigned char*>(records);
            bool wanted = true;
            for (std::size_t done = 0; done < count && wanted; done += stride) {
                {
                    GrowingSink sink(events, [&progress] { progress.wait_until_read(); });
                    engine.apply_records(at + done * sizeof(Command), std::min(stride, count - done), sink);
                }
                wanted = progress.publish(events.size());
            }
        } catch (...) {
            failure = std::current_exception();
        }
        matching_ns = steady_ns() - start;
        progress.finish();
    });
    try {
        std::uint64_t done = 0;
        for (std::uint64_t complete = 0; (complete = progress.wait_for_more(done)) != done;) {
            const std::uint64_t part = std::min(complete - done, most_read);
            read(std::as_const(events).data() + done, static_cast<std::size_t>(part));
            done += part;
        }
    } catch (...) {
        progress.stop();
        matching.join();
        throw;
    }
    matching.join();
    if (failure != nullptr) std::rethrow_exception(failure);
    return matching_ns;
}

}  // namespace obengine
