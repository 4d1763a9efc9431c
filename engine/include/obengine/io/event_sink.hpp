// Event sinks: any type with push(Event) and size(), such as a buffer, a queue or a callback.
#pragma once

#include <concepts>
#include <cstddef>
#include <cstdint>
#include <stdexcept>

#include "obengine/io/messages.hpp"

namespace obengine {

template <class S>
concept EventSink = requires(S& sink, const Event& event) {
    sink.push(event);
    { sink.size() } -> std::convertible_to<std::size_t>;
};

// Reserves space for `events` more events if the sink has reserve(). It is called before each event whose number
// is not bounded by max_events(); sinks that can always accept one more need no reserve().
template <EventSink Sink>
void reserve_events(Sink& sink, std::size_t events) {
    if constexpr (requires { sink.reserve(events); }) sink.reserve(events);
}

// Pushes a CANCELLED or MODIFIED event, which has no side, of an order of this side. A sink or cursor that needs the
// side has push(Event, side) and saves a look-up of the order. Only events of the fast path come with a side.
template <class Target>
[[gnu::always_inline]] inline void push_of_side(Target& target, const Event& event, [[maybe_unused]] std::uint32_t side) {
    if constexpr (requires { target.push(event, side); }) {
        target.push(event, side);
    } else {
        target.push(event);
    }
}

// Writes events on the fast path. A sink may define its own EventCursor, which keeps in registers what push()
// would load and store each time. flush() writes the cursor back before other code uses the sink; reload()
// reads it again.
template <EventSink Sink>
class DirectCursor {
public:
    explicit DirectCursor(Sink& sink) noexcept : sink_(sink) {}
    // Inline, so that the sink is compiled for the kind of each event.
    [[gnu::always_inline]] void push(const Event& event) { sink_.push(event); }
    [[gnu::always_inline]] void push(const Event& event, std::uint32_t side)
        requires requires(Sink& sink) { sink.push(event, side); }
    {
        sink_.push(event, side);
    }
    [[nodiscard]] Sink& flush() noexcept { return sink_; }
    void reload() noexcept {}

private:
    Sink& sink_;
};

template <class Sink>
struct CursorChoice {
    using type = DirectCursor<Sink>;
};
template <class Sink>
    requires requires { typename Sink::EventCursor; }
struct CursorChoice<Sink> {
    using type = typename Sink::EventCursor;
};
template <EventSink Sink>
using CursorOf = typename CursorChoice<Sink>::type;

// The maximum number of events of `commands` plain commands (NEW of LIMIT or MARKET with GTC or IOC, CANCEL,
// MODIFY, EXECUTE, no flags) on a book with `open_orders` plain orders: each command emits at most three events
// of its own, and each further trade closes an order. Other commands have no such bound: reserve() is called
// before each of their events, and afterwards for the rest of the batch.
[[nodiscard]] constexpr std::size_t max_events(std::size_t commands, std::size_t open_orders) noexcept {
    return 4 * commands + open_orders;
}

// Writes to a caller's buffer without bounds checks; the buffer must have space for max_events() of each batch.
// If another command needs more space, std::length_error is thrown and the engine must be discarded.
class BufferSink {
public:
    BufferSink(Event* out, std::size_t capacity) noexcept : begin_(out), next_(out), end_(out + capacity) {}

    void push(const Event& event) noexcept { *next_++ = event; }
    void reserve(std::size_t events) const {
        if (static_cast<std::size_t>(end_ - next_) < events) throw std::length_error("the event buffer is full");
    }
    [[nodiscard]] std::size_t size() const noexcept { return static_cast<std::size_t>(next_ - begin_); }

    class EventCursor {
    public:
        explicit EventCursor(BufferSink& sink) noexcept : sink_(sink), next_(sink.next_) {}
        [[gnu::always_inline]] void push(const Event& event) noexcept { *next_++ = event; }
        [[nodiscard, gnu::always_inline]] BufferSink& flush() noexcept {
            sink_.next_ = next_;
            return sink_;
        }
        [[gnu::always_inline]] void reload() noexcept { next_ = sink_.next_; }

    private:
        BufferSink& sink_;
        Event* next_;
    };

private:
    Event* begin_;
    Event* next_;
    Event* end_;
};

// Counts events and drops them: measures matching alone.
class CountingSink {
public:
    void push(const Event&) noexcept { ++events_; }
    [[nodiscard]] std::uint64_t size() const noexcept { return events_; }

private:
    std::uint64_t events_ = 0;
};

static_assert(EventSink<BufferSink> && EventSink<CountingSink>);

}  // namespace obengine
