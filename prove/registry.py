"""Every row of the proof, in the order of the table."""

from __future__ import annotations

from typing import Final

from prove.row import Row, Size

ROWS: Final[tuple[Row, ...]] = (
    Row(
        "refunds", "what returns for undelivered units: kept and returned are the charge, within bounds, monotone",
        "triples", {Size.SHORT: 100_000, Size.LONG: 10_000_000}, {Size.SHORT: 1, Size.LONG: 20},
        "prove.refunds:run", seconds=2,
    ),
    Row(
        "crowd", "10,000 confirms of one quote at once are one order; 10,000 quotes with money for 137 are 137 orders",
        "confirms", {Size.SHORT: 40_000, Size.LONG: 40_000}, {Size.SHORT: 2, Size.LONG: 2},
        "prove.crowd:run", seconds=40,
    ),
    Row(
        "returns", "a thousand attempts at once to end one order, by pollers, operators and a second worker: one does",
        "applies", {Size.SHORT: 2_000, Size.LONG: 40_000}, {Size.SHORT: 2, Size.LONG: 4},
        "prove.returns:run", seconds=15,
    ),
    Row(
        "deposits", "10,000 copies of a payment at once are one credit; 10,000 forged, altered and replayed calls are"
        " none; 1,000 histories of lost, late, doubled and disordered callbacks end as the gateways' records say",
        "tries", {Size.SHORT: 42_000, Size.LONG: 420_000}, {Size.SHORT: 2, Size.LONG: 20}, "prove.deposits:run",
        seconds=60,
    ),
    Row(
        "vouchers", "10,000 customers at once on a code of five uses are five; one customer 1,000 times is one; 10,000"
        " guesses find nothing and are soon not answered", "tries", {Size.SHORT: 33_000, Size.LONG: 330_000},
        {Size.SHORT: 3, Size.LONG: 30}, "prove.vouchers:run", seconds=40,
    ),
    Row(
        "coverage", "every branch of ledger, orders, submitting, reconciling, decoding, reversals is taken by a test",
        "files", {Size.SHORT: 38, Size.LONG: 38}, {Size.SHORT: 1, Size.LONG: 1}, "prove.covering:run", seconds=65,
    ),
    Row(
        "power", "the disk as a power loss may leave it, unsynced writes lost or torn: nothing acknowledged is gone",
        "states", {Size.SHORT: 100, Size.LONG: 1_000}, {Size.SHORT: 1, Size.LONG: 10}, "prove.power:run", seconds=20,
        only=Size.LONG,
    ),
    Row(
        "leases", "jobs that 32 pollers race for, one in a hundred vanishing on the way: each is sent once", "jobs",
        {Size.SHORT: 1_000, Size.LONG: 100_000}, {Size.SHORT: 1, Size.LONG: 40}, "prove.leases:run", seconds=5,
        only=Size.LONG,
    ),
    Row(
        "soak", "a day and a night of orders without pause, a fault of the panel each second and a kill -9 each minute:"
        " audited after every visit (how many orders that makes is the machine's; a million are asked for)",
        "minutes", {Size.SHORT: 5, Size.LONG: 1_440}, {Size.SHORT: 1, Size.LONG: 288}, "prove.soak:run",
        seconds=310, only=Size.LONG,
    ),
    Row(
        "replies", "mutated replies to every action: nothing raised but what is documented, nothing believed that a"
        " second reading does not find", "replies", {Size.SHORT: 50_000, Size.LONG: 1_000_000},
        {Size.SHORT: 2, Size.LONG: 20}, "prove.replies:run", seconds=40,
    ),
    Row(
        "labelled", "replies labelled by hand, each read as its label says", "replies",
        {Size.SHORT: 384, Size.LONG: 384}, {Size.SHORT: 1, Size.LONG: 1}, "prove.replies:run_labelled", seconds=2,
    ),
    Row(
        "network", "every fault of the wire at every action, before and after the panel processed it: its class, and"
        " never a second order", "cells", {Size.SHORT: 771, Size.LONG: 771}, {Size.SHORT: 2, Size.LONG: 2},
        "prove.network:run", seconds=30,
    ),
    Row(
        "kills", "kill -9 in place of a system call of browse, buy, submit, track, partial, cancel, resolve, notice,"
        " top-up, refund, payment by hand and migration (long: in place of every one in a record of each, some 2,000 in"
        " all, most of them more than once): nothing lost, nothing twice", "kills", {Size.SHORT: 240, Size.LONG: 4_200},
        {Size.SHORT: 2, Size.LONG: 35}, "prove.kills.points:run", seconds=240,
    ),
    Row(
        "kills-random", "kill -9 at random moments while customers buy, look around and write", "kills",
        {Size.SHORT: 1, Size.LONG: 10_000}, {Size.SHORT: 1, Size.LONG: 100}, "prove.kills.moments:run", only=Size.LONG,
    ),
    Row(
        "kills-recovery", "the same flows, and the process that comes back is killed on its way up", "kills",
        {Size.SHORT: 1, Size.LONG: 1_000}, {Size.SHORT: 1, Size.LONG: 20}, "prove.kills.points:run_recovery",
        only=Size.LONG,
    ),
    Row(
        "simulation", "seeded schedules of crashes, faults, double taps, redelivery, two workers and clock jumps over"
        " the real engine and storage: no law broken", "schedules", {Size.SHORT: 2_000, Size.LONG: 1_000_000},
        {Size.SHORT: 4, Size.LONG: 10_000}, "prove.simulation.schedules:run", seconds=200,
    ),
    Row(
        "updates", "many people write while the process is killed again and again: no update lost, none doubled",
        "updates", {Size.SHORT: 1_000, Size.LONG: 10_000}, {Size.SHORT: 1, Size.LONG: 10},
        "prove.kills.updates:run", seconds=40,
    ),
    Row(
        "notices", "5 % of the Bot API's answers fail and the process is killed again and again: every message arrives,"
        " none before its fact or out of order, again only where its answer was lost", "messages",
        {Size.SHORT: 1_000, Size.LONG: 100_000}, {Size.SHORT: 1, Size.LONG: 100}, "prove.kills.notices:run", seconds=50,
    ),
    Row(
        "mutants", "the shop broken on purpose, one way at a time, until the simulator or another row sees it",
        "mutants",
        {Size.SHORT: 36, Size.LONG: 36}, {Size.SHORT: 2, Size.LONG: 36}, "prove.killing:run", seconds=90,
    ),
    Row(
        "bombs", "replies made to exhaust memory or time: under 10 MB for a call (a catalogue: no more for good, under"
        " 200 MB while its 32 MiB at most are read), under 5 s", "replies", {Size.SHORT: 31, Size.LONG: 31},
        {Size.SHORT: 1, Size.LONG: 1}, "prove.bombs:run", seconds=15,
    ),
    Row(
        "callbacks", "forged presses, and every button as everybody it was not shown to: nothing changes",
        "payloads", {Size.SHORT: 1_000, Size.LONG: 100_000}, {Size.SHORT: 1, Size.LONG: 25},
        "prove.callbacks:run", seconds=25,
    ),
    Row(
        "secrets", "all output at DEBUG among failures that echo every secret: logs, chats, panel, database, files",
        "texts", {Size.SHORT: 1_500, Size.LONG: 1_500}, {Size.SHORT: 2, Size.LONG: 2},
        "prove.secrets:run", seconds=35,
    ),
    Row(
        "restart", "from the start of the process to serving, audit and quick check included, with 100,000 orders and"
        " 1,000,000 entries: 5 s at most (best of three, for other rows run beside it)", "starts",
        {Size.SHORT: 1, Size.LONG: 1}, {Size.SHORT: 1, Size.LONG: 1},
        "prove.restart:run", seconds=20,
    ),
    Row(
        "corruption",
        "one unit changed behind the shop's back in accounts, entries or orders: found, and the brake set",
        "changes", {Size.SHORT: 10, Size.LONG: 1_000}, {Size.SHORT: 2, Size.LONG: 4},
        "prove.corruption:run", seconds=6,
    ),
)  # fmt: skip


def named(name: str) -> Row:
    """The row of this name; LookupError where there is none."""
    for row in ROWS:
        if row.name == name:
            return row
    raise LookupError(name)
