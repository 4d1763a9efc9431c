// Python bindings of the ITCH 5.0 decoder: books or commands; the GIL is released meanwhile.
#include <nanobind/stl/string.h>
#include <nanobind/stl/tuple.h>
#include <nanobind/stl/vector.h>

#include <algorithm>
#include <cstring>
#include <memory>
#include <mutex>
#include <span>
#include <string>
#include <vector>

#include "bindings_arrays.hpp"
#include "bindings_lock.hpp"
#include "obengine/core/depth.hpp"
#include "obengine/feeds/feed_books.hpp"
#include "obengine/feeds/itch50.hpp"
#include "obengine/feeds/itch50_commands.hpp"
#include "obengine/feeds/itch50_stream.hpp"
#include "obengine/feeds/recorded_audit.hpp"

namespace {

using obengine::FeedBooks;
using obengine::itch50::End;

// Handled bytes, handled messages, and the fault of the next frame ("" if none).
using EndRow = std::tuple<std::size_t, std::size_t, std::string>;

[[nodiscard]] EndRow row_of(const End& end) {
    return {end.offset, end.messages, end.fault == obengine::itch50::Fault::none ? "" : describe(end.fault)};
}

using obengine::itch50::StreamReader;
// Bytes read, whether all frames are valid, COMMAND records, times and frames (int64), TRADE records.
using PartRow = std::tuple<std::size_t, bool, BytesOut, BytesOut, BytesOut, BytesOut>;
// Time, locate, state, reason.
using HaltRow = std::tuple<std::int64_t, std::uint16_t, nb::bytes, nb::bytes>;

// A reader with a mutex, as in bindings.cpp.
class LockedStream {
public:
    [[nodiscard]] PartRow read(const BytesIn& bytes) {
        std::size_t read = 0;
        bool valid = false;
        StreamReader::Part part;
        {
            const nb::gil_scoped_release released;
            const std::scoped_lock held(lock_);
            read = reader_.read(std::span(bytes.data(), bytes.size()));
            valid = reader_.valid();
            part = reader_.take();
        }
        return {read, valid, as_bytes(std::make_unique<std::vector<obengine::Command>>(std::move(part.commands))),
                as_bytes(std::make_unique<std::vector<std::int64_t>>(std::move(part.times_ns))),
                as_bytes(std::make_unique<std::vector<std::int64_t>>(std::move(part.frames))),
                as_bytes(std::make_unique<std::vector<obengine::itch50::Trade>>(std::move(part.trades)))};
    }

    [[nodiscard]] std::tuple<std::uint64_t, std::int64_t> place() {
        const auto held = hold();
        return {reader_.messages(), reader_.time_ns()};
    }

    [[nodiscard]] std::vector<nb::bytes> stocks() {
        const auto held = hold();
        std::vector<nb::bytes> found;
        for (const std::uint16_t locate : reader_.symbols()) {
            const StreamReader::Stock& stock = reader_.stock(locate);
            found.emplace_back(stock.data(), stock.size());
        }
        return found;
    }

    [[nodiscard]] std::vector<std::uint16_t> locates() {
        const auto held = hold();
        return reader_.symbols();
    }

    [[nodiscard]] std::vector<std::uint32_t> attributions() {
        const auto held = hold();
        return reader_.attributions();
    }

    [[nodiscard]] std::vector<std::uint64_t> counts() {
        const auto held = hold();
        return {reader_.counts().begin(), reader_.counts().end()};
    }

    [[nodiscard]] std::vector<HaltRow> halts() {
        const auto held = hold();
        std::vector<HaltRow> found;
        for (const auto& halt : reader_.halts()) {
            found.emplace_back(halt.time_ns, halt.locate, nb::bytes(&halt.state, 1), nb::bytes(halt.reason.data(), 4));
        }
        return found;
    }

    [[nodiscard]] std::uint64_t unknown_orders() {
        const auto held = hold();
        return reader_.unknown_orders();
    }

    [[nodiscard]] BytesOut broken() {
        const auto held = hold();
        return as_bytes(std::make_unique<std::vector<std::uint64_t>>(reader_.broken()));
    }

    [[nodiscard]] BytesOut open_orders() {
        const auto held = hold();
        return as_bytes(std::make_unique<std::vector<obengine::OpenOrder>>(reader_.open_orders()));
    }

    [[nodiscard]] std::tuple<int, int> events() {
        const auto held = hold();
        return {reader_.first_event(), reader_.last_event()};
    }

private:
    // The lock of read(), taken without the GIL, so that a waiting thread does not keep it.
    [[nodiscard]] std::unique_lock<ForkAwareMutex> hold() {
        const nb::gil_scoped_release released;
        return std::unique_lock(lock_);
    }

    StreamReader reader_;
    ForkAwareMutex lock_;
};

// An audit with a mutex, as in bindings.cpp.
class LockedAudit {
public:
    void feed(const BytesIn& events) {
        require(events.size() % sizeof(obengine::Event) == 0, "events are records of 32 bytes");
        const nb::gil_scoped_release released;
        const std::scoped_lock held(lock_);
        // Copied because an array may have any alignment.
        for (std::size_t at = 0; at < events.size();) {
            const std::size_t bytes = std::min(events.size() - at, block_.size() * sizeof(obengine::Event));
            std::memcpy(block_.data(), events.data() + at, bytes);
            audit_.feed(std::span(block_.data(), bytes / sizeof(obengine::Event)));
            at += bytes;
        }
    }

    [[nodiscard]] std::vector<std::uint64_t> faults() {
        const nb::gil_scoped_release released;
        const std::scoped_lock held(lock_);
        return {audit_.counts().begin(), audit_.counts().end()};
    }

    [[nodiscard]] std::tuple<std::uint64_t, std::uint64_t, std::uint64_t> lots() {
        const nb::gil_scoped_release released;
        const std::scoped_lock held(lock_);
        return {audit_.lots().entered, audit_.lots().traded, audit_.lots().cancelled};
    }

    [[nodiscard]] BytesOut open_orders() {
        auto orders = std::make_unique<std::vector<obengine::OpenOrder>>();
        {
            const nb::gil_scoped_release released;
            const std::scoped_lock held(lock_);
            *orders = audit_.open_orders();
        }
        return as_bytes(std::move(orders));
    }

private:
    obengine::RecordedAudit audit_;
    std::vector<obengine::Event> block_ = std::vector<obengine::Event>(1024);
    ForkAwareMutex lock_;
};

// Feed books with a mutex, as in bindings.cpp.
class LockedFeedBooks {
public:
    [[nodiscard]] EndRow read(const BytesIn& bytes) {
        End end;
        {
            const nb::gil_scoped_release released;
            const std::scoped_lock held(lock_);
            obengine::itch50::BookBuilder builder(books_);
            end = obengine::itch50::read(std::span(bytes.data(), bytes.size()), builder);
        }
        return row_of(end);
    }

    [[nodiscard]] std::tuple<EndRow, BytesOut> commands(const BytesIn& bytes) {
        End end;
        auto commands = std::make_unique<std::vector<obengine::Command>>();
        {
            const nb::gil_scoped_release released;
            const std::scoped_lock held(lock_);
            obengine::itch50::CommandWriter writer(books_, bytes.size());
            end = obengine::itch50::read(std::span(bytes.data(), bytes.size()), writer);
            *commands = writer.take();
        }
        return {row_of(end), as_bytes(std::move(commands))};
    }

    [[nodiscard]] std::vector<LevelRow> depth(std::uint16_t symbol, std::uint32_t side, std::size_t levels) {
        std::vector<LevelRow> rows;
        const nb::gil_scoped_release released;
        const std::scoped_lock held(lock_);
        for (const auto& level : obengine::depth(books_, symbol, side & 1U, levels)) {
            rows.emplace_back(level.price_ticks, level.qty_lots, level.orders);
        }
        return rows;
    }

    [[nodiscard]] std::tuple<std::uint64_t, std::uint64_t, std::uint64_t, std::uint64_t> faults() {
        const nb::gil_scoped_release released;
        const std::scoped_lock held(lock_);
        const obengine::FeedFaults& faults = books_.faults();
        return {faults.unknown_order, faults.duplicate_order, faults.bad_quantity, faults.bad_side};
    }

    [[nodiscard]] std::size_t open_orders() {
        const nb::gil_scoped_release released;
        const std::scoped_lock held(lock_);
        return books_.open_orders();
    }

private:
    FeedBooks books_;
    ForkAwareMutex lock_;
};

}  // namespace

void bind_itch(nb::module_& module) {
    nb::class_<LockedStream>(module, "ItchStream", "The messages of an ITCH 5.0 file, block after block.")
        .def(nb::init<>())
        .def("read", &LockedStream::read, nb::arg("data"),
             "Decode whole frames: bytes read, whether all are valid, commands, times, frames, trades.")
        .def_prop_ro("place", &LockedStream::place, "The number of messages so far, and the time of the last one.")
        .def_prop_ro("stocks", &LockedStream::stocks, "The stock of each symbol, eight bytes.")
        .def_prop_ro("locates", &LockedStream::locates, "The locate of each symbol.")
        .def_prop_ro("attributions", &LockedStream::attributions, "By participant number - 1, the first byte lowest.")
        .def_prop_ro("counts", &LockedStream::counts, "The number of messages by type byte.")
        .def_prop_ro("halts", &LockedStream::halts, "Time, locate, state and reason of each trading action.")
        .def_prop_ro("unknown_orders", &LockedStream::unknown_orders, "The number of messages about orders that were not open.")
        .def("broken", &LockedStream::broken, "The matches of broken trades (uint64).")
        .def("open_orders", &LockedStream::open_orders, "The open orders as records of 32 bytes.")
        .def_prop_ro("events", &LockedStream::events, "The events of the first and the last message, 0 for none.");
    nb::class_<LockedAudit>(module, "RecordedAudit", "The audit of the event log of a replayed feed.")
        .def(nb::init<>())
        .def("feed", &LockedAudit::feed, nb::arg("events"), "Audit the next EVENT records of a byte array.")
        .def_prop_ro("faults", &LockedAudit::faults, "Counts of faults, in the order of RecordedAudit::Fault.")
        .def_prop_ro("lots", &LockedAudit::lots, "Lots entered, traded and cancelled.")
        .def("open_orders", &LockedAudit::open_orders, "The open orders as records of 32 bytes.");
    nb::class_<LockedFeedBooks>(module, "FeedBooks", "The books of all symbols of an ITCH 5.0 feed.")
        .def(nb::init<>())
        .def("read", &LockedFeedBooks::read, nb::arg("data"),
             "Apply the frames of a byte array; returns bytes handled, messages, and the fault (empty if none).")
        .def("commands", &LockedFeedBooks::commands, nb::arg("data"),
             "The same, and the COMMAND records that keep an engine in step, as a byte array.")
        .def("depth", &LockedFeedBooks::depth, nb::arg("symbol"), nb::arg("side"), nb::arg("levels"),
             "The best levels of a side: price in the feed's units, shares, number of orders.")
        .def_prop_ro("faults", &LockedFeedBooks::faults,
                     "Numbers of messages with an unknown order, a duplicate order, a bad quantity, a bad side.")
        .def_prop_ro("open_orders", &LockedFeedBooks::open_orders, "The number of open orders.");
}
