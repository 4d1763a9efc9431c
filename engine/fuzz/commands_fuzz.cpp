// libFuzzer target: any bytes are commands. The engine stays consistent, and batches do not change events.
#include <cstddef>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <vector>

#include "obengine/core/audit.hpp"
#include "obengine/core/engine.hpp"
#include "obengine/core/snapshot.hpp"
#include "obengine/feeds/feed_books.hpp"
#include "obengine/feeds/itch50_commands.hpp"
#include "obengine/io/event_buffer.hpp"

namespace {

using namespace obengine;

void require(bool holds, const char* what) {
    if (holds) return;
    std::fprintf(stderr, "%s\n", what);
    std::abort();
}

// Small books, so that few bytes move windows and widen tables.
constexpr BookLimits small{.ladder = {.first_bits = 6, .max_bits = 9}, .id_cell_bits = 4};

void apply(Engine& engine, const std::uint8_t* records, std::size_t count, EventBuffer& events) {
    GrowingSink sink(events);
    engine.apply_records(records, count, sink);
}

void follow_a_feed(const std::uint8_t* data, std::size_t size) {
    FeedBooks books(small.ladder, small.id_cell_bits);
    itch50::CommandWriter writer(books, size);
    const itch50::End end = itch50::read({data, size}, writer);
    require(end.offset <= size, "reading went past the bytes");
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    follow_a_feed(data, size);
    const std::size_t count = size / sizeof(Command);
    Engine whole(2, small);
    Engine single(2, small);
    EventBuffer expected, events;
    apply(whole, data, count, expected);
    for (std::size_t k = 0; k < count; ++k) apply(single, data + k * sizeof(Command), 1, events);
    const char* const broken = audit(whole);
    require(broken == nullptr, broken);
    require(events.size() == expected.size() && whole.next_sequence() == single.next_sequence(), "batches change events");
    require(events.size() == 0 || std::memcmp(events.data(), expected.data(), events.size() * sizeof(Event)) == 0,
            "batches change events");
    return 0;
}
