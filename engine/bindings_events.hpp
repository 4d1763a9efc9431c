// The events of a batch, which lend their bytes to Python, and what becomes of their memory.
#pragma once

#include <nanobind/nanobind.h>

#include <array>
#include <cstddef>
#include <mutex>
#include <utility>

#include "obengine/io/event_buffer.hpp"

namespace nb = nanobind;

// Buffers of dropped events, kept for coming batches: to fault fresh pages in takes longer than matching.
class EventStore {
public:
    // Never destroyed: Python may drop events after the destructors of this module have run.
    [[nodiscard]] static EventStore& of_the_process() {
        static EventStore& store = *new EventStore;
        return store;
    }

    // An empty buffer with room for `events`, and not for more than twice as many if it was used before.
    [[nodiscard]] obengine::EventBuffer take(std::size_t events) {
        if (events >= least_events) {
            const std::scoped_lock held(lock_);
            for (std::size_t k = 0; k < count_; ++k) {
                const std::size_t room = kept_[k].capacity();
                if (room >= events && room / 2 <= events) return take_out(k);
            }
        }
        obengine::EventBuffer fresh;
        fresh.reserve(events);
        return fresh;
    }

    // Keeps a buffer, instead of the oldest ones where there are too many; the system may take a large one's pages back.
    void keep(obengine::EventBuffer buffer) noexcept {
        const std::size_t events = buffer.capacity();
        if (events < least_events || events > most_events) return;
        const std::scoped_lock held(lock_);
        while (count_ == kept_.size() || held_events_ + events > most_events) static_cast<void>(take_out(0));
        buffer.clear();
        if (events >= large_events) buffer.offer_to_system();
        kept_[count_++] = std::move(buffer);
        held_events_ += events;
    }

private:
    static constexpr std::size_t least_events = std::size_t{64} << 10 >> 5;   // 64 KiB
    static constexpr std::size_t large_events = std::size_t{32} << 20 >> 5;   // 32 MiB
    static constexpr std::size_t most_events = std::size_t{256} << 20 >> 5;  // 256 MiB

    [[nodiscard]] obengine::EventBuffer take_out(std::size_t at) noexcept {
        obengine::EventBuffer taken = std::move(kept_[at]);
        held_events_ -= taken.capacity();
        --count_;
        for (; at < count_; ++at) kept_[at] = std::move(kept_[at + 1]);
        return taken;
    }

    std::mutex lock_;
    std::array<obengine::EventBuffer, 4> kept_;
    std::size_t count_ = 0;
    std::size_t held_events_ = 0;
};

// What a batch gave. Python reads and writes its bytes by the buffer protocol.
class EventBytes {
public:
    explicit EventBytes(obengine::EventBuffer events) noexcept : events_(std::move(events)) {}
    EventBytes(EventBytes&&) noexcept = default;
    EventBytes(const EventBytes&) = delete;
    EventBytes& operator=(const EventBytes&) = delete;
    EventBytes& operator=(EventBytes&&) = delete;
    ~EventBytes() { EventStore::of_the_process().keep(std::move(events_)); }

    [[nodiscard]] static int lend(PyObject* self, Py_buffer* view, int flags) noexcept {
        obengine::EventBuffer& events = nb::inst_ptr<EventBytes>(self)->events_;
        const auto bytes = static_cast<Py_ssize_t>(events.size() * sizeof(obengine::Event));
        return PyBuffer_FillInfo(view, self, events.data(), bytes, 0, flags);
    }

private:
    obengine::EventBuffer events_;
};

// A memoryview of events, which holds them.
[[nodiscard]] inline nb::object memory_view(obengine::EventBuffer events) {
    const nb::object bytes = nb::cast(EventBytes(std::move(events)));
    nb::object view = nb::steal(PyMemoryView_FromObject(bytes.ptr()));
    if (!view.is_valid()) throw nb::python_error();
    return view;
}

// The bytes of a contiguous Python buffer, lent while this lives; to be made and destroyed under the GIL.
class LentBytes {
public:
    explicit LentBytes(nb::handle lender) {
        if (PyObject_GetBuffer(lender.ptr(), &view_, PyBUF_C_CONTIGUOUS) != 0) throw nb::python_error();
    }
    LentBytes(const LentBytes&) = delete;
    LentBytes& operator=(const LentBytes&) = delete;
    ~LentBytes() { PyBuffer_Release(&view_); }

    [[nodiscard]] const void* data() const noexcept { return view_.buf; }
    [[nodiscard]] std::size_t size() const noexcept { return static_cast<std::size_t>(view_.len); }

private:
    Py_buffer view_{};
};
