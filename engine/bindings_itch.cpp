// Python bindings of the ITCH 5.0 decoder: books or commands; the GIL is released meanwhile.
#include <nanobind/stl/optional.h>
#include <nanobind/stl/string.h>
#include <nanobind/stl/tuple.h>
#include <nanobind/stl/vector.h>

#include <memory>
#include <mutex>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "bindings_arrays.hpp"
#include "bindings_lock.hpp"
#include "obengine/core/depth.hpp"
#include "obengine/feeds/feed_books.hpp"
#include "obengine/feeds/itch50.hpp"
#include "obengine/feeds/itch50_commands.hpp"
#include "obengine/feeds/itch50_file.hpp"

namespace {

using obengine::FeedBooks;
using obengine::itch50::End;

// Handled bytes, handled messages, and the fault of the next frame ("" if none).
using EndRow = std::tuple<std::size_t, std::size_t, std::string>;

[[nodiscard]] EndRow row_of(const End& end) {
    return {end.offset, end.messages, end.fault == obengine::itch50::Fault::none ? "" : describe(end.fault)};
}

using obengine::itch50::DayReader;
// Locate, and the offsets of the first R, A and F messages that name its stock (-1 if none).
using MentionRow = std::tuple<std::uint16_t, std::int64_t, std::int64_t, std::int64_t>;
// COMMAND records, times, frames (int64), messages by type, symbols, attributions, offsets of H, unknown orders.
using DayRow = std::tuple<BytesOut, BytesOut, BytesOut, std::vector<std::uint64_t>, std::vector<MentionRow>,
                          std::vector<std::uint32_t>, std::vector<std::int64_t>, std::uint64_t>;

[[nodiscard]] std::optional<DayRow> itch_day(const BytesIn& bytes) {
    const std::span data(bytes.data(), bytes.size());
    DayReader::Columns columns;
    std::vector<MentionRow> symbols;
    std::vector<std::uint64_t> counts;
    std::vector<std::uint32_t> attributions;
    std::vector<std::int64_t> halts;
    std::uint64_t unknown = 0;
    {
        const nb::gil_scoped_release released;
        DayReader day(data);
        static_cast<void>(obengine::itch50::read(data, day));
        if (day.valid()) {
            for (const auto& [locate, mentions] : day.number_symbols()) {
                symbols.emplace_back(locate, mentions.at[0], mentions.at[1], mentions.at[2]);
            }
            columns = std::move(day.columns());
            counts.assign(day.counts().begin(), day.counts().end());
            attributions = day.attributions();
            halts = day.halts();
            unknown = day.unknown_orders();
        }
    }
    if (counts.empty()) return std::nullopt;
    return DayRow{as_bytes(std::make_unique<std::vector<obengine::Command>>(std::move(columns.commands))),
                  as_bytes(std::make_unique<std::vector<std::int64_t>>(std::move(columns.times_ns))),
                  as_bytes(std::make_unique<std::vector<std::int64_t>>(std::move(columns.frames))),
                  std::move(counts), std::move(symbols), std::move(attributions), std::move(halts), unknown};
}

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
    module.def("itch_day", &itch_day, nb::arg("data"),
               "A whole ITCH 5.0 file as columns; None if a frame is truncated, faulty or has no length.");
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
