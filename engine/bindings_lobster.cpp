// Python bindings for LOBSTER files: text to integers, integers to commands; the GIL is released meanwhile.
#include <nanobind/stl/optional.h>
#include <nanobind/stl/tuple.h>

#include <mutex>
#include <optional>
#include <span>
#include <stdexcept>
#include <vector>

#include "bindings_arrays.hpp"
#include "bindings_lock.hpp"
#include "obengine/feeds/integer_csv.hpp"
#include "obengine/feeds/lobster_window.hpp"

namespace {

using obengine::lobster::Queues;
using obengine::lobster::Row;
using obengine::lobster::Window;
using RowsIn = nb::ndarray<const std::int64_t, nb::ndim<2>, nb::c_contig, nb::device::cpu>;

[[nodiscard]] std::optional<BytesOut> integer_lines(const BytesIn& text, std::size_t columns, bool seconds_first,
                                                    bool label_last) {
    require(columns >= 1, "columns must be at least 1");
    auto values = std::make_unique<std::vector<std::int64_t>>();
    bool plain = false;
    {
        const nb::gil_scoped_release released;
        obengine::IntegerLines lines(std::span(text.data(), text.size()), columns, seconds_first, label_last);
        plain = lines.read(*values);
    }
    if (!plain) return std::nullopt;
    return as_bytes(std::move(values));
}

// A window with a mutex, as in bindings.cpp.
class LockedWindow {
public:
    explicit LockedWindow(std::size_t levels)
        : levels_((require(levels >= 1 && levels <= max_levels, "levels must be 1 to 65536"), levels)), window_(levels) {}

    [[nodiscard]] std::tuple<BytesOut, BytesOut, BytesOut> follow(const RowsIn& messages, const RowsIn& books) {
        const std::size_t fields = messages.shape(1);
        const bool widths_fit = fields == message_fields || fields == message_fields + 1;
        if (!widths_fit || books.shape(1) != 4 * levels_ || messages.shape(0) != books.shape(0)) {
            throw std::invalid_argument("messages need six or seven fields, and orderbook rows four fields per level");
        }
        auto commands = std::make_unique<std::vector<obengine::Command>>();
        auto row_end = std::make_unique<std::vector<std::uint64_t>>();
        auto causes = std::make_unique<std::vector<std::uint16_t>>();
        {
            const nb::gil_scoped_release released;
            const std::scoped_lock held(lock_);
            row_end->reserve(messages.shape(0));
            causes->reserve(messages.shape(0));
            window_.commands().reserve(messages.shape(0) * 2);
            for (std::size_t at = 0; at < messages.shape(0); ++at) {
                const Row row = row_of(messages.data() + at * fields, fields, books.data() + at * books.shape(1));
                require(is_sound(row), "a row has a price, a size or a direction that is out of range");
                causes->push_back(static_cast<std::uint16_t>(follow(row, *row_end)));
            }
            done_ += window_.commands().size();
            commands->swap(window_.commands());
        }
        return {as_bytes(std::move(commands)), as_bytes(std::move(row_end)), as_bytes(std::move(causes))};
    }

    [[nodiscard]] std::tuple<std::uint64_t, std::uint64_t, std::uint64_t, std::uint64_t> queues() {
        const nb::gil_scoped_release released;
        const std::scoped_lock held(lock_);
        const Queues& met = window_.queues();
        return {met.deletions, met.exact_deletions, met.executions, met.head_executions};
    }

private:
    static constexpr std::size_t message_fields = 6;
    static constexpr std::size_t max_levels = std::size_t{1} << 16;

    // The seventh field, the number of the participant, may be missing: nobody.
    [[nodiscard]] static Row row_of(const std::int64_t* message, std::size_t fields, const std::int64_t* book) noexcept {
        const std::int64_t participant = fields > message_fields ? message[message_fields] : 0;
        return {static_cast<obengine::lobster::Message>(message[1]), static_cast<obengine::OrderId>(message[2]),
                message[3], message[4], message[5], book, static_cast<std::uint32_t>(participant)};
    }

    // The ranges without which the window would lose count; obengine/feeds/lobster_checks.py has all rules.
    [[nodiscard]] bool is_sound(const Row& row) const noexcept {
        using obengine::lobster::Message;
        const bool of_order = row.kind >= Message::new_order && row.kind <= Message::execute;
        bool sound = !of_order || (in_range(row.size, max_lots) && in_range(row.price, max_price));
        for (std::size_t at = 0; at < 4 * levels_; at += 2) {
            const std::int64_t none = at % 4 == 0 ? obengine::lobster::no_ask : obengine::lobster::no_bid;
            const std::int64_t price = row.book[at], lots = row.book[at + 1];
            sound = sound && (price == none ? lots == 0 : in_range(price, max_price) && in_range(lots, max_lots));
        }
        return sound;
    }

    [[nodiscard]] static bool in_range(std::int64_t value, std::int64_t most) noexcept {
        return value >= 1 && value <= most;
    }

    static constexpr std::int64_t max_lots = std::int64_t{1} << 32;
    static constexpr std::int64_t max_price = obengine::lobster::no_ask;

    // Returns the causes of the row; the commands of a restart belong to the next row.
    unsigned follow(const Row& row, std::vector<std::uint64_t>& row_end) {
        const unsigned causes = seeded_ ? window_.step(row) : window_.seed(row);
        row_end.push_back(done_ + window_.commands().size());
        if (seeded_) window_.restart_if_touch_differs(row);
        seeded_ = true;
        return causes;
    }

    std::size_t levels_;
    Window window_;
    bool seeded_ = false;
    std::uint64_t done_ = 0;
    ForkAwareMutex lock_;
};

}  // namespace

void bind_lobster(nb::module_& module) {
    module.def("integer_lines", &integer_lines, nb::arg("text"), nb::arg("columns"), nb::arg("seconds_first"),
               nb::arg("label_last") = false,
               "Lines of integers as int64 in a byte array, row after row; None if the strict reader is needed.");
    nb::class_<LockedWindow>(module, "LobsterWindow", "The window of a LOBSTER file; of its rows only the ranges are checked here.")
        .def(nb::init<std::size_t>(), nb::arg("levels"))
        .def("follow", nb::overload_cast<const RowsIn&, const RowsIn&>(&LockedWindow::follow), nb::arg("messages"),
             nb::arg("books"),
             "Apply a block of rows; returns COMMAND records, commands so far at each row (uint64), causes (uint16).")
        .def_prop_ro("queues", &LockedWindow::queues,
                     "Known orders: deletions, exact deletions, executions, executions at the head.");
}
