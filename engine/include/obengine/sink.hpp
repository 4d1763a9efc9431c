// Where events go: anything with push(Event) and size() is a sink: a buffer, a queue, a C callback.
#pragma once

#include <concepts>
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <new>
#include <utility>

#include "obengine/messages.hpp"

namespace obengine {

template <class S>
concept EventSink = requires(S& sink, const Event& event) {
    sink.push(event);
    { sink.size() } -> std::convertible_to<std::size_t>;
};

// The most events that `commands` commands can give on a book with `open_orders` open orders: each
// command gives at most three of its own, and each trade beyond those closes an open order.
[[nodiscard]] constexpr std::size_t max_events(std::size_t commands, std::size_t open_orders) noexcept {
    return 4 * commands + open_orders;
}

// Writes into a caller's buffer without a check: the caller sizes it with max_events().
class BufferSink {
public:
    explicit BufferSink(Event* out) noexcept : begin_(out), next_(out) {}

    void push(const Event& event) noexcept { *next_++ = event; }
    [[nodiscard]] std::size_t size() const noexcept { return static_cast<std::size_t>(next_ - begin_); }

private:
    Event* begin_;
    Event* next_;
};

// Counts and drops: what matching costs when nobody listens.
class CountingSink {
public:
    void push(const Event&) noexcept { ++events_; }
    [[nodiscard]] std::uint64_t size() const noexcept { return events_; }

private:
    std::uint64_t events_ = 0;
};

// A growing buffer of events; realloc lets the system move pages instead of copying bytes.
class EventBuffer {
public:
    EventBuffer() = default;
    EventBuffer(EventBuffer&& other) noexcept
        : events_(std::exchange(other.events_, nullptr)),
          size_(std::exchange(other.size_, 0)),
          capacity_(std::exchange(other.capacity_, 0)) {}
    EventBuffer(const EventBuffer&) = delete;
    EventBuffer& operator=(const EventBuffer&) = delete;
    EventBuffer& operator=(EventBuffer&&) = delete;
    ~EventBuffer() { std::free(events_); }

    // Room for `extra` more events. Throws std::bad_alloc and keeps what is there.
    void reserve(std::size_t extra) {
        if (size_ + extra <= capacity_) return;
        std::size_t wanted = capacity_ + capacity_ / 2;
        if (wanted < size_ + extra) wanted = size_ + extra;
        void* const moved = std::realloc(events_, wanted * sizeof(Event));
        if (moved == nullptr) throw std::bad_alloc();
        events_ = static_cast<Event*>(moved);
        capacity_ = wanted;
    }

    [[nodiscard]] Event* end() noexcept { return events_ + size_; }
    void advance(std::size_t written) noexcept { size_ += written; }
    void clear() noexcept { size_ = 0; }
    [[nodiscard]] std::size_t size() const noexcept { return size_; }
    [[nodiscard]] const Event* data() const noexcept { return events_; }

    // Gives the memory away; free() it.
    [[nodiscard]] Event* release() noexcept {
        size_ = capacity_ = 0;
        return std::exchange(events_, nullptr);
    }

private:
    Event* events_ = nullptr;
    std::size_t size_ = 0;
    std::size_t capacity_ = 0;
};

static_assert(EventSink<BufferSink> && EventSink<CountingSink>);

}  // namespace obengine
