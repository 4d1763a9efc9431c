// The compiled module obengine._native: byte arrays in, byte arrays out; the GIL is released meanwhile.
#include <nanobind/stl/optional.h>
#include <nanobind/stl/string.h>
#include <nanobind/stl/tuple.h>
#include <nanobind/stl/vector.h>

#include <algorithm>
#include <cstdint>
#include <cstring>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <tuple>
#include <vector>

#include "bindings_arrays.hpp"
#include "bindings_lock.hpp"
#include "bindings_events.hpp"
#include "bindings_sha256.hpp"
#include "obengine/core/audit.hpp"
#include "obengine/core/depth.hpp"
#include "obengine/core/engine.hpp"
#include "obengine/core/followed_batch.hpp"
#include "obengine/core/snapshot.hpp"
#include "obengine/io/event_buffer.hpp"

namespace {

using obengine::Event;
using obengine::KeptTrade;
using obengine::Engine;
using obengine::EngineRecord;
using obengine::Resting;
using obengine::RuleRecord;
using obengine::SymbolRecord;
using AuctionRow = std::tuple<std::int64_t, std::int64_t, std::int64_t>;
using DigestedBatch = std::tuple<nb::object, std::string, std::uint64_t>;
using SnapshotParts = std::tuple<std::uint64_t, BytesOut, BytesOut, BytesOut, BytesOut, BytesOut>;

// Passes each record of a byte array to the restorer.
template <class Record>
void add_all(obengine::Restorer& restorer, const BytesIn& bytes) {
    for (std::size_t at = 0; at + sizeof(Record) <= bytes.size(); at += sizeof(Record)) {
        Record record;
        std::memcpy(&record, bytes.data() + at, sizeof record);
        restorer.add(record);
    }
}

// An engine with a mutex, so that concurrent Python threads cannot corrupt the books.
class LockedEngine {
public:
    explicit LockedEngine(std::size_t symbols)
        : symbols_((require_symbols(symbols), symbols)), engine_(std::make_unique<Engine>(symbols)) {}

    [[nodiscard]] nb::object apply(nb::handle commands) {
        const BufferView view(commands);
        require(view.size() % sizeof(obengine::Command) == 0, "commands must be whole COMMAND records");
        return memory_view(events_of(view));
    }

    // The batch is matched on another thread while this one digests the events.
    [[nodiscard]] DigestedBatch apply_digested(nb::handle commands) {
        const BufferView view(commands);
        require(view.size() % sizeof(obengine::Command) == 0, "commands must be whole COMMAND records");
        const std::size_t count = view.size() / sizeof(obengine::Command);
        Sha256 digest;
        obengine::EventBuffer events;
        std::uint64_t matching_ns = 0;
        {
            const nb::gil_scoped_release released;
            const std::scoped_lock held(lock_);
            events = EventBufferCache::instance().take(expected_events(count));
            matching_ns = obengine::apply_and_read(*engine_, view.data(), count, events,
                                                   [&](const Event* first, std::size_t part) { digest.take(first, part); });
        }
        return {memory_view(std::move(events)), digest.hexdigest(), matching_ns};
    }

    [[nodiscard]] SnapshotParts snapshot() {
        std::uint64_t next_sequence = 0;
        Memory head, symbols, orders, rules, trades;
        std::size_t symbol_bytes = 0, order_bytes = 0, rule_bytes = 0, trade_bytes = 0;
        {
            const nb::gil_scoped_release released;
            const std::scoped_lock held(lock_);
            next_sequence = engine_->next_sequence();
            const EngineRecord record = obengine::engine_record(*engine_);
            head = copied(&record, 1);
            const auto records = obengine::symbol_records(*engine_);
            symbols = copied(records.data(), records.size());
            symbol_bytes = records.size() * sizeof(SymbolRecord);
            order_bytes = engine_->open_orders() * sizeof(Resting);
            orders = allocate(order_bytes);
            obengine::write_orders(*engine_, static_cast<Resting*>(orders.get()));
            const auto set = obengine::rule_records(*engine_);
            rules = copied(set.data(), set.size());
            rule_bytes = set.size() * sizeof(RuleRecord);
            const auto& window = engine_->shared().window.trades();
            const std::vector<KeptTrade> kept(window.begin(), window.end());
            trades = copied(kept.data(), kept.size());
            trade_bytes = kept.size() * sizeof(KeptTrade);
        }
        return {next_sequence, as_array(std::move(head), sizeof(EngineRecord)),
                as_array(std::move(symbols), symbol_bytes), as_array(std::move(orders), order_bytes),
                as_array(std::move(rules), rule_bytes), as_array(std::move(trades), trade_bytes)};
    }

    // The rules of snapshots are in Python; records that break them would corrupt the books.
    void restore(std::uint64_t next_sequence, const BytesIn& head, const BytesIn& symbols, const BytesIn& orders,
                 const BytesIn& rules, const BytesIn& trades) {
        const nb::module_ records = nb::module_::import_("obengine.api.snapshot");
        const auto viewed = [&](const BytesIn& bytes, const char* type) {
            return nb::cast(bytes).attr("view")(records.attr(type));
        };
        const nb::object snapshot = records.attr("Snapshot")(next_sequence, viewed(orders, "RESTING"),
                                                             viewed(head, "ENGINE"), viewed(symbols, "SYMBOL"),
                                                             viewed(rules, "RULE"), viewed(trades, "KEPT_TRADE"));
        nb::module_::import_("obengine.api.snapshot_checks").attr("validate_snapshot")(snapshot, symbols_);
        const nb::gil_scoped_release released;
        const std::scoped_lock held(lock_);
        obengine::Restorer restorer(symbols_, engine_->limits());
        EngineRecord record{};
        std::memcpy(&record, head.data(), sizeof record);
        restorer.add(record, next_sequence);
        add_all<SymbolRecord>(restorer, symbols);
        add_all<RuleRecord>(restorer, rules);
        add_all<KeptTrade>(restorer, trades);
        add_all<Resting>(restorer, orders);
        engine_ = restorer.finish();
    }

    [[nodiscard]] std::vector<LevelRow> depth(std::size_t symbol, unsigned side, std::size_t levels) {
        require(symbol < symbols_ && side <= 1, "no such symbol or side");
        std::vector<LevelRow> rows;
        const nb::gil_scoped_release released;
        const std::scoped_lock held(lock_);
        for (const auto& level : obengine::depth(*engine_, symbol, side, levels)) {
            rows.emplace_back(level.price_ticks, level.qty_lots, level.orders);
        }
        return rows;
    }

    [[nodiscard]] std::optional<AuctionRow> indication(std::size_t symbol, std::int64_t reference_ticks) {
        require(symbol < symbols_, "no such symbol");
        const nb::gil_scoped_release released;
        const std::scoped_lock held(lock_);
        const auto found = obengine::indication(*engine_, symbol, reference_ticks);
        if (!found) return std::nullopt;
        return AuctionRow{found->price, found->volume, found->surplus};
    }

    [[nodiscard]] std::optional<std::string> audit() {
        const nb::gil_scoped_release released;
        const std::scoped_lock held(lock_);
        const char* const broken = obengine::audit(*engine_);
        return broken == nullptr ? std::nullopt : std::optional<std::string>(broken);
    }

    [[nodiscard]] std::uint64_t next_sequence() {
        const nb::gil_scoped_release released;
        const std::scoped_lock held(lock_);
        return engine_->next_sequence();
    }

    [[nodiscard]] std::uint64_t clock_ns() {
        const nb::gil_scoped_release released;
        const std::scoped_lock held(lock_);
        return engine_->clock_ns();
    }

private:
    static constexpr std::size_t small_batch = 1024;

    // Few commands give more than two events; untouched memory costs nothing.
    [[nodiscard]] static constexpr std::size_t expected_events(std::size_t commands) noexcept { return 2 * commands; }

    [[nodiscard]] obengine::EventBuffer events_of(const BufferView& commands) {
        const std::size_t count = commands.size() / sizeof(obengine::Command);
        const nb::gil_scoped_release released;
        const std::scoped_lock held(lock_);
        if (count > small_batch) {
            obengine::EventBuffer events = EventBufferCache::instance().take(expected_events(count));
            run(commands.data(), count, events);
            return events;
        }
        scratch_.clear();
        scratch_.reserve(2 * small_batch);
        run(commands.data(), count, scratch_);
        obengine::EventBuffer fitting;
        fitting.reserve(scratch_.size());
        if (scratch_.size() != 0) std::memcpy(fitting.end(), scratch_.data(), scratch_.size() * sizeof(Event));
        fitting.advance(scratch_.size());
        return fitting;
    }

    void run(const void* records, std::size_t count, obengine::EventBuffer& out) {
        obengine::GrowingSink sink(out);
        engine_->apply_records(records, count, sink);
    }

    std::size_t symbols_;
    std::unique_ptr<Engine> engine_;
    obengine::EventBuffer scratch_;
    ForkAwareMutex lock_;
};

}  // namespace

NB_MODULE(_native, module) {
    module.doc() = "The compiled order-book core; obengine.native.book implements the Book protocol with it.";
    PyType_Slot buffer_slots[] = {{Py_bf_getbuffer, reinterpret_cast<void*>(&EventBytes::get_buffer)}, {0, nullptr}};
    nb::class_<EventBytes>(module, "EventBytes", nb::type_slots(buffer_slots), "The EVENT records of a batch, as bytes.");
    nb::class_<LockedEngine>(module, "Engine", "The books of `symbols` symbols.")
        .def(nb::init<std::size_t>(), nb::arg("symbols"))
        .def("apply", &LockedEngine::apply, nb::arg("commands"),
             nb::sig("def apply(self, commands: NDArray[numpy.void]) -> memoryview"),
             "Apply the COMMAND records of a contiguous buffer; returns the EVENT records.")
        .def("apply_digested", &LockedEngine::apply_digested, nb::arg("commands"),
             nb::sig("def apply_digested(self, commands: NDArray[numpy.void]) -> tuple[memoryview, str, int]"),
             "The same on two threads: the EVENT records, their sha256, nanoseconds of the matching thread.")
        .def("snapshot", &LockedEngine::snapshot,
             "The next sequence number, and ENGINE, SYMBOL, RESTING, RULE and KEPT_TRADE records as byte arrays.")
        .def("restore", &LockedEngine::restore, nb::arg("next_sequence"), nb::arg("engine"), nb::arg("symbols"),
             nb::arg("orders"), nb::arg("rules"), nb::arg("trades"), "Replace the state by that of a snapshot, which is validated first.")
        .def("depth", &LockedEngine::depth, nb::arg("symbol"), nb::arg("side"), nb::arg("levels"),
             "The best levels of a side: price in ticks, lots, number of orders.")
        .def("indication", &LockedEngine::indication, nb::arg("symbol"), nb::arg("reference_ticks"),
             "Price, volume and surplus that an uncross would give now, or None if no orders would trade.")
        .def("audit", &LockedEngine::audit, "The first broken invariant, or None.")
        .def_prop_ro("clock_ns", &LockedEngine::clock_ns, "The engine's clock.")
        .def_prop_ro("next_sequence", &LockedEngine::next_sequence,
                     "The sequence number of the next event.");
    ForkCount::watch();
    EventBufferCache::watch_forks();
    nb::exception<ForkedInUse>(module, "ForkError", nb::module_::import_("obengine.api.errors").attr("EngineError"));
    module.def(
        "build_record", [] { return std::tuple<std::string, std::string>{OBENGINE_COMPILER, OBENGINE_SOURCES_DIGEST}; },
        "The compiler that built this module, and the digest of its sources.");
    bind_itch(module);
    bind_lobster(module);
    bind_pipeline(module);
}
