/* What bench/open_benchmark/adapter.cpp uses of the open benchmark's interface, declared anew for its test. */
#pragma once

#include <stdint.h>

typedef struct {
    uint64_t order_id, sequence_number;
    int64_t price_ticks;
    uint32_t quantity;
    uint8_t side, ioc;
} new_order_t;

typedef struct {
    uint64_t order_id, sequence_number;
} cancel_t;

typedef struct {
    uint64_t order_id, sequence_number;
    int64_t new_price_ticks;
    uint32_t new_quantity;
    uint8_t side;
} modify_t;

typedef enum { ME_ORDER_ACK, ME_TRADE, ME_CANCEL_ACK, ME_MODIFY_ACK, ME_CANCEL_REJECT, ME_MODIFY_REJECT } me_report_type_t;

typedef struct {
    uint8_t type, side, _reserved[6];
    uint64_t sequence_number, order_id;
    int64_t price_ticks;
    uint32_t quantity, _reserved2;
    uint64_t maker_order_id, taker_order_id, _reserved3;
} me_report_t;

typedef struct {
    void* (*create)(uint32_t capacity);
    int (*push)(void* handle, const me_report_t* report);
    uint32_t (*drain)(void* handle, me_report_t* out, uint32_t max);
    void (*flush)(void* handle);
    void (*destroy)(void* handle);
} me_transport_t;
