// The core behind the C interface of the field's open benchmark (matching_engine_api.h, which the user provides).
// With OBENGINE_OWN_RING reports go through EventRing, else through the benchmark's own queue.
#include <cstdint>
#include <limits>
#include <memory>
#include <new>
#include <thread>

#include "event_ring.hpp"
#include "matching_engine_api.h"
#include "obengine/core/engine.hpp"

namespace {

using namespace obengine;
using open_benchmark::EventRing;
using open_benchmark::PackedReport;

// Where reports go.
class ReportQueue {
public:
    ReportQueue() = default;
    ReportQueue(const me_transport_t* transport, void* handle) noexcept : transport_(transport), handle_(handle) {}

    [[gnu::always_inline]] void push(const PackedReport& packed, std::uint64_t sequence) {
#ifdef OBENGINE_OWN_RING
        static_cast<void>(sequence);
        static_cast<EventRing*>(handle_)->push(packed);
#else
        const bool is_trade = packed.type == ME_TRADE;
        const me_report_t report{packed.type,     packed.side,     {}, sequence,
                                 packed.order_id, packed.price_ticks, packed.quantity, 0,
                                 is_trade ? packed.other : 0, is_trade ? packed.order_id : 0, 0};
        while (transport_->push(handle_, &report) == 0) std::this_thread::yield();
#endif
    }

private:
    [[maybe_unused]] const me_transport_t* transport_ = nullptr;
    void* handle_ = nullptr;
};

// Reports the events of one message at a time.
class ReportSink {
public:
    ReportSink() = default;
    explicit ReportSink(const ReportQueue& queue) noexcept : queue_(queue) {}

    // Starts a message: its sequence number, and the report of its refusal.
    void start(std::uint64_t sequence, me_report_type_t refusal) noexcept {
        sequence_ = sequence;
        refusal_ = refusal;
    }

    [[gnu::always_inline]] void push(const Event& event) {
        if (event.kind() == EventKind::traded) return report(ME_TRADE, 0, event, event.other_id);
        if (event.kind() == EventKind::accepted) return report(ME_ORDER_ACK, event.detail(), event, sequence_);
        report(refusal_, 0, Event::of(EventKind::rejected, 0, 0, 0, event.order_id, 0, 0), sequence_);
    }
    [[gnu::always_inline]] void push(const Event& event, std::uint32_t side) {
        const bool is_cancel = event.kind() == EventKind::cancelled;
        report(is_cancel ? ME_CANCEL_ACK : ME_MODIFY_ACK, side, event, sequence_);
    }

    [[nodiscard]] std::size_t size() const noexcept { return reports_; }

private:
    [[gnu::always_inline]] void report(me_report_type_t type, std::uint32_t side, const Event& event, std::uint64_t other) {
        ++reports_;
        queue_.push({static_cast<std::uint8_t>(type), static_cast<std::uint8_t>(side), 0, event.lots, event.order_id, other,
                     event.price_ticks},
                    sequence_);
    }

    ReportQueue queue_;
    std::uint64_t sequence_ = 0;
    std::size_t reports_ = 0;
    me_report_type_t refusal_ = ME_CANCEL_REJECT;
};

std::unique_ptr<Engine> engine;
ReportSink sink;

// The best price of a side as a key, or the price of an empty side.
std::int64_t best_price(std::uint32_t side, std::int64_t none) {
    const Key key = engine->book(0).ladder(side).best();
    return key == no_key ? none : key_of(key, side);
}

}  // namespace

extern "C" {

#ifdef OBENGINE_OWN_RING
const me_transport_t* engine_get_transport() {
    static const me_transport_t ring = {
        [](std::uint32_t capacity) -> void* { return new (std::nothrow) EventRing(capacity); },
        [](void*, const me_report_t*) { return 0; },  // the engine pushes packed reports instead
        [](void* handle, me_report_t* out, std::uint32_t most) { return static_cast<EventRing*>(handle)->drain(out, most); },
        [](void* handle) { static_cast<EventRing*>(handle)->publish(); },
        [](void* handle) { delete static_cast<EventRing*>(handle); }};
    return &ring;
}
#endif

void engine_init(std::uint64_t, const me_transport_t* transport, void* handle) {
    engine = std::make_unique<Engine>(1);
    sink = ReportSink(ReportQueue(transport, handle));
}

void engine_shutdown() { engine.reset(); }

void engine_flush() {}

void engine_on_new_order(const new_order_t* order) {
    Command command{};
    command.side = order->side;
    command.tif = order->ioc;
    command.qty_lots = static_cast<Lots>(order->quantity);
    command.order_id = order->order_id;
    command.price_ticks = order->price_ticks;
    sink.start(order->sequence_number, ME_CANCEL_REJECT);
    engine->apply(command, sink);
}

void engine_on_cancel(const cancel_t* cancel) {
    Command command{};
    command.op = code(Op::cancel);
    command.order_id = cancel->order_id;
    sink.start(cancel->sequence_number, ME_CANCEL_REJECT);
    engine->apply(command, sink);
}

void engine_on_modify(const modify_t* modify) {
    Command command{};
    command.op = code(Op::modify);
    command.qty_lots = static_cast<Lots>(modify->new_quantity);
    command.order_id = modify->order_id;
    command.price_ticks = modify->new_price_ticks;
    sink.start(modify->sequence_number, ME_MODIFY_REJECT);
    engine->apply(command, sink);
}

std::int64_t engine_query_best_bid() { return best_price(0, std::numeric_limits<std::int64_t>::min()); }

std::int64_t engine_query_best_ask() { return best_price(1, std::numeric_limits<std::int64_t>::max()); }

std::uint64_t engine_query_depth_at(std::int64_t price_ticks, std::uint8_t side) {
    const Ladder& ladder = engine->book(0).ladder(side);
    std::uint64_t lots = 0;
    if (ladder.best() == no_key) return 0;
    for (Slot slot = ladder.head(key_of(price_ticks, side)); slot != null_slot; slot = engine->pool()[slot].next) {
        lots += engine->pool()[slot].qty();
    }
    return lots;
}

}  // extern "C"
