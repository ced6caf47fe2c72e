-- Money safety: what is known of an unknown order, and acts nobody can take back unseen.

-- Unknown orders -----------------------------------------------------------------------------------

ALTER TABLE attempts ADD COLUMN lease_until INTEGER; -- later nobody can be at work on it any more
ALTER TABLE orders ADD COLUMN verdict TEXT CHECK (verdict IN ('pending', 'zero', 'match', 'placed', 'mixed')); -- what the evidence says of an unknown order
ALTER TABLE orders ADD COLUMN reminded INTEGER NOT NULL DEFAULT 0; -- how often operators were reminded of it
ALTER TABLE orders ADD COLUMN waited INTEGER NOT NULL DEFAULT 0; -- how long the shop itself saw it be unknown
ALTER TABLE orders ADD COLUMN waited_at INTEGER; -- when that was counted last
ALTER TABLE orders ADD COLUMN looks INTEGER NOT NULL DEFAULT 0; -- how many of the balances it needs were read
ALTER TABLE attempts ADD COLUMN turn INTEGER; -- one more at each `add`, of all panels together
CREATE UNIQUE INDEX attempts_in_turn ON attempts (turn) WHERE turn IS NOT NULL;

CREATE TABLE panel_snapshots (
    id INTEGER PRIMARY KEY AUTOINCREMENT, -- their order, whatever clocks do
    panel TEXT NOT NULL,
    at INTEGER NOT NULL,
    balance TEXT NOT NULL, -- in the panel's currency, as it was written
    currency TEXT NOT NULL,
    turn INTEGER NOT NULL, -- of the newest `add` before it
    in_flight INTEGER NOT NULL CHECK (in_flight >= 0) -- how many `add` were under way while it was read
) STRICT;
CREATE INDEX panel_snapshots_in_turn ON panel_snapshots (panel, turn, id);

CREATE TABLE orphans (
    panel TEXT NOT NULL,
    upstream_id TEXT NOT NULL,
    order_id INTEGER NOT NULL REFERENCES orders (id), -- whose money had gone back before the panel named it
    cost INTEGER NOT NULL CHECK (cost >= 0), -- what it takes from the shop, in shop currency
    found_at INTEGER NOT NULL,
    PRIMARY KEY (panel, upstream_id)
) STRICT, WITHOUT ROWID;

ALTER TABLE orphans ADD COLUMN status_word TEXT; -- what the panel said of it last
ALTER TABLE orphans ADD COLUMN looked_at INTEGER; -- when it was asked about last

CREATE TABLE panel_anchors (
    panel TEXT PRIMARY KEY,
    snapshot INTEGER NOT NULL, -- up to this balance everything is explained, or was told
    odd_since INTEGER -- since when a newer one is not
) STRICT, WITHOUT ROWID;

CREATE TABLE panel_findings (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    panel TEXT NOT NULL,
    kind TEXT NOT NULL CHECK (kind IN ('income', 'drift', 'late')), -- came in; went out unexplained; a released order's cost
    amount TEXT NOT NULL, -- in the panel's currency, above zero
    currency TEXT NOT NULL,
    order_id INTEGER REFERENCES orders (id), -- the released order whose cost it is
    at INTEGER NOT NULL
) STRICT;
CREATE UNIQUE INDEX panel_findings_of_order ON panel_findings (order_id) WHERE order_id IS NOT NULL;

CREATE TABLE known_refusals (
    panel TEXT NOT NULL,
    words TEXT NOT NULL, -- evened out; an operator said that they always mean: nothing was placed
    taught_by TEXT NOT NULL,
    taught_at INTEGER NOT NULL,
    PRIMARY KEY (panel, words)
) STRICT, WITHOUT ROWID;

-- Acts ---------------------------------------------------------------------------------------------

ALTER TABLE acts ADD COLUMN seal TEXT; -- over this act and the seal before it: a changed or missing act shows

-- Ledger: an audit sums a million entries along these, and needs the amount beside them ---------------

DROP INDEX transfers_out;
DROP INDEX transfers_in;
CREATE INDEX transfers_out ON transfers (source, at, amount);
CREATE INDEX transfers_in ON transfers (target, at, amount);

-- Runs -----------------------------------------------------------------------------------------------

ALTER TABLE instance ADD COLUMN closed INTEGER; -- the last run that closed in order; empty before anybody noted it

-- What operators decide ----------------------------------------------------------------------------

ALTER TABLE attempts ADD COLUMN words TEXT; -- the panel's refusal, evened out, where the shop does not know it
ALTER TABLE orders ADD COLUMN snoozed_until INTEGER; -- an operator said "later": no reminder before

CREATE TABLE approvals (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    key TEXT NOT NULL UNIQUE, -- of the update that asked: a replay asks once
    kind TEXT NOT NULL CHECK (kind IN ('release', 'teach', 'decide', 'credit', 'debit')),
    subject INTEGER NOT NULL, -- an order's number, or a customer's
    version INTEGER NOT NULL, -- of the order when it was asked for; 0 for a customer
    amount INTEGER NOT NULL CHECK (amount > 0), -- what moves
    why TEXT NOT NULL,
    asked_by INTEGER NOT NULL,
    asked_at INTEGER NOT NULL,
    expires_at INTEGER NOT NULL,
    state TEXT NOT NULL DEFAULT 'open' CHECK (state IN ('open', 'granted', 'refused', 'moot')),
    decided_by INTEGER,
    decided_at INTEGER,
    CHECK (decided_by <> asked_by)
) STRICT;
CREATE INDEX approvals_open ON approvals (kind, subject) WHERE state = 'open';

-- Lines ----------------------------------------------------------------------------------------------

ALTER TABLE orders ADD COLUMN line INTEGER NOT NULL DEFAULT 0; -- where it stands in its panel's line: customers are served in turn
CREATE INDEX orders_in_line ON orders (panel, line, id) WHERE state = 'reserved';
CREATE INDEX orders_in_line_of_customer ON orders (customer_id, panel, line) WHERE state = 'reserved';

-- Evidence: what each balance asks of the orders ---------------------------------------------------

CREATE INDEX orders_came_back ON orders (panel, changed_at)
    WHERE state IN ('partial', 'canceled') AND upstream_id IS NOT NULL;
CREATE INDEX orders_settling ON orders (panel) WHERE reading IS NOT NULL;
CREATE INDEX orders_refused_for_their_link ON orders (panel, target) WHERE reason = 'refused-duplicate';
CREATE INDEX attempts_released ON attempts (order_id) WHERE outcome = 'released';
