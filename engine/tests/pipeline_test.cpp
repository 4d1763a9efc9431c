// Tests of the pipelines: the same events as one thread, and clean termination on errors.
#include <algorithm>
#include <cstdio>
#include <cstring>
#include <stdexcept>
#include <vector>

#include "flow.hpp"
#include "obengine/core/audit.hpp"
#include "obengine/core/followed_batch.hpp"
#include "obengine/core/pipeline.hpp"

namespace {

using namespace obengine;

int failures = 0;

void expect(bool holds, const char* what) {
    if (holds) return;
    std::printf("FAILED: %s\n", what);
    ++failures;
}

bool same(const Event& one, const Event& other) { return std::memcmp(&one, &other, sizeof one) == 0; }

std::vector<unsigned char> to_wire(const std::vector<Command>& commands) {
    std::vector<unsigned char> wire(commands.size() * sizeof(Command));
    for (std::size_t k = 0; k < commands.size(); ++k) {
        unsigned char* const at = wire.data() + k * sizeof(Command);
        std::memcpy(at, &commands[k], sizeof(Command));
        const struct { std::size_t offset, size; } fields[] = {{4, 2}, {6, 2}, {8, 4}, {12, 4}, {16, 8}, {24, 8}};
        for (const auto& field : fields) std::reverse(at + field.offset, at + field.offset + field.size);
    }
    return wire;
}

std::vector<Event> in_one_thread(const std::vector<Command>& commands) {
    Engine engine(2);
    EventBuffer buffer;
    {
        GrowingSink sink(buffer);
        engine.apply_records(reinterpret_cast<const unsigned char*>(commands.data()), commands.size(), sink);
    }
    return {buffer.data(), buffer.data() + buffer.size()};
}

void the_events_are_those_of_one_thread() {
    const auto commands = testing::feature_flow(7, 20'000);
    const auto wire = to_wire(commands);
    const auto expected = in_one_thread(commands);
    for (const std::size_t batch : {std::size_t{1}, std::size_t{64}, std::size_t{4096}, std::size_t{1} << 20}) {
        std::vector<Event> events;
        Pipeline pipeline(2, batch);
        const PipelineTimes times = pipeline.run(wire.data(), commands.size(), [&](const Event* first, std::size_t count) {
            events.insert(events.end(), first, first + count);
        });
        expect(events.size() == expected.size() &&
                   std::memcmp(events.data(), expected.data(), events.size() * sizeof(Event)) == 0,
               "the pipeline's events are those of one thread");
        expect(times.batch_ns.size() == (commands.size() + batch - 1) / batch, "each batch is timed");
    }
}

void a_publisher_that_fails_stops_the_other_thread() {
    const auto commands = testing::feature_flow(8, 20'000);
    const auto wire = to_wire(commands);
    Pipeline pipeline(2, 16);
    int calls = 0;
    bool thrown = false;
    try {
        pipeline.run(wire.data(), commands.size(), [&](const Event*, std::size_t) {
            if (++calls == 5) throw std::runtime_error("the publisher failed");
        });
    } catch (const std::runtime_error&) {
        thrown = true;
    }
    expect(thrown && calls == 5, "the publisher's failure comes out, and nothing is published after it");
}

void nothing_in_gives_nothing_out() {
    Pipeline pipeline(1, 16);
    int calls = 0;
    pipeline.run(nullptr, 0, [&](const Event*, std::size_t) { ++calls; });
    expect(calls == 0, "no records, no events");
    expect(handoff_ns(1'000) > 0, "handing on takes time");
}

// Reads a batch while it is matched; the events that were read.
std::vector<Event> followed(const std::vector<Command>& commands, std::size_t reserved) {
    Engine engine(2);
    EventBuffer buffer;
    buffer.reserve(reserved);
    std::vector<Event> events;
    apply_and_read(engine, commands.data(), commands.size(), buffer, [&](const Event* first, std::size_t count) {
        events.insert(events.end(), first, first + count);
    });
    expect(buffer.size() == events.size() && std::equal(events.begin(), events.end(), buffer.data(), same),
           "what was read stays in the buffer");
    return events;
}

void a_batch_is_read_while_it_is_matched() {
    const auto commands = testing::feature_flow(9, 100'000);
    const auto expected = in_one_thread(commands);
    for (const std::size_t reserved : {std::size_t{1}, 2 * commands.size()}) {
        const auto events = followed(commands, reserved);
        expect(events.size() == expected.size() && std::equal(events.begin(), events.end(), expected.begin(), same),
               "the events that are read are those of one thread, even if the buffer moves");
    }
    expect(followed({}, 1).empty(), "no commands, no events");
}

void a_reader_that_fails_stops_the_matching() {
    const auto commands = testing::feature_flow(10, 400'000);
    Engine engine(2);
    EventBuffer buffer;
    int calls = 0;
    bool thrown = false;
    try {
        apply_and_read(engine, commands.data(), commands.size(), buffer, [&](const Event*, std::size_t) {
            ++calls;
            throw std::runtime_error("the reader failed");
        });
    } catch (const std::runtime_error&) {
        thrown = true;
    }
    expect(thrown && calls == 1, "the reader's failure comes out, and nothing is read after it");
    expect(audit(engine) == nullptr, "the engine stops between two commands");
}

}  // namespace

int main() {
    a_batch_is_read_while_it_is_matched();
    a_reader_that_fails_stops_the_matching();
    the_events_are_those_of_one_thread();
    a_publisher_that_fails_stops_the_other_thread();
    nothing_in_gives_nothing_out();
    if (failures == 0) std::puts("pipeline: all checks hold");
    return failures == 0 ? 0 : 1;
}
