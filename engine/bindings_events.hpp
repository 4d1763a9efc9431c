// Event buffers exposed to Python by the buffer protocol, and a cache of their memory.
#pragma once

#include <nanobind/nanobind.h>
#include <pthread.h>

#include <array>
#include <cstddef>
#include <mutex>
#include <utility>

#include "obengine/io/event_buffer.hpp"

namespace nb = nanobind;

// Caches the buffers of dropped events, because page faults of fresh memory cost more than matching.
class EventBufferCache {
public:
    // Never destroyed: Python may drop events after the static destructors of this module.
    [[nodiscard]] static EventBufferCache& instance() {
        static EventBufferCache& store = *new EventBufferCache;
        return store;
    }

    // Called once, when the module is loaded: no thread may hold the lock during a fork, or a child would wait for ever.
    static void watch_forks() {
        pthread_atfork([] { instance().lock_.lock(); }, [] { instance().lock_.unlock(); },
                       [] { instance().lock_.unlock(); });
    }

    // An empty buffer for at least `events` events; a cached one has at most twice that capacity.
    [[nodiscard]] obengine::EventBuffer take(std::size_t events) {
        if (events >= least_events) {
            const std::scoped_lock held(lock_);
            for (std::size_t k = 0; k < count_; ++k) {
                const std::size_t room = buffers_[k].capacity();
                if (room >= events && room / 2 <= events) return take_out(k);
            }
        }
        obengine::EventBuffer fresh;
        fresh.reserve(events);
        return fresh;
    }

    // Caches a buffer and drops the oldest ones beyond the limits; the system may reclaim the pages of large buffers.
    void put(obengine::EventBuffer buffer) noexcept {
        const std::size_t events = buffer.capacity();
        if (events < least_events || events > most_events) return;
        const std::scoped_lock held(lock_);
        while (count_ == buffers_.size() || held_events_ + events > most_events) static_cast<void>(take_out(0));
        buffer.clear();
        if (events >= large_events) buffer.mark_pages_free();
        buffers_[count_++] = std::move(buffer);
        held_events_ += events;
    }

private:
    static constexpr std::size_t least_events = std::size_t{64} << 10 >> 5;   // 64 KiB
    static constexpr std::size_t large_events = std::size_t{32} << 20 >> 5;   // 32 MiB
    static constexpr std::size_t most_events = std::size_t{256} << 20 >> 5;  // 256 MiB

    [[nodiscard]] obengine::EventBuffer take_out(std::size_t at) noexcept {
        obengine::EventBuffer taken = std::move(buffers_[at]);
        held_events_ -= taken.capacity();
        --count_;
        for (; at < count_; ++at) buffers_[at] = std::move(buffers_[at + 1]);
        return taken;
    }

    std::mutex lock_;
    std::array<obengine::EventBuffer, 4> buffers_;
    std::size_t count_ = 0;
    std::size_t held_events_ = 0;
};

// The events of a batch; Python accesses the bytes by the buffer protocol.
class EventBytes {
public:
    explicit EventBytes(obengine::EventBuffer events) noexcept : events_(std::move(events)) {}
    EventBytes(EventBytes&&) noexcept = default;
    EventBytes(const EventBytes&) = delete;
    EventBytes& operator=(const EventBytes&) = delete;
    EventBytes& operator=(EventBytes&&) = delete;
    ~EventBytes() { EventBufferCache::instance().put(std::move(events_)); }

    [[nodiscard]] static int get_buffer(PyObject* self, Py_buffer* view, int flags) noexcept {
        obengine::EventBuffer& events = nb::inst_ptr<EventBytes>(self)->events_;
        const auto bytes = static_cast<Py_ssize_t>(events.size() * sizeof(obengine::Event));
        return PyBuffer_FillInfo(view, self, events.data(), bytes, 0, flags);
    }

private:
    obengine::EventBuffer events_;
};

// A memoryview that owns the events.
[[nodiscard]] inline nb::object memory_view(obengine::EventBuffer events) {
    const nb::object bytes = nb::cast(EventBytes(std::move(events)));
    nb::object view = nb::steal(PyMemoryView_FromObject(bytes.ptr()));
    if (!view.is_valid()) throw nb::python_error();
    return view;
}

// The bytes of a contiguous Python buffer; construct and destroy with the GIL held.
class BufferView {
public:
    explicit BufferView(nb::handle owner) {
        if (PyObject_GetBuffer(owner.ptr(), &view_, PyBUF_C_CONTIGUOUS) != 0) throw nb::python_error();
    }
    BufferView(const BufferView&) = delete;
    BufferView& operator=(const BufferView&) = delete;
    ~BufferView() { PyBuffer_Release(&view_); }

    [[nodiscard]] const void* data() const noexcept { return view_.buf; }
    [[nodiscard]] std::size_t size() const noexcept { return static_cast<std::size_t>(view_.len); }

private:
    Py_buffer view_{};
};
