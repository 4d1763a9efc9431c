// Where events go: anything with push(Event) and size() is a sink: a buffer, a queue, a C callback.
#pragma once

#include <concepts>
#include <cstddef>
#include <cstdint>

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

static_assert(EventSink<BufferSink> && EventSink<CountingSink>);

}  // namespace obengine
