-- The whole counter: what operators arrange, what customers choose, what follows after the sale.

-- Customers --------------------------------------------------------------------------------------

ALTER TABLE customers ADD COLUMN chosen_language TEXT; -- by /language; NULL: the client's own
ALTER TABLE customers ADD COLUMN banned_at INTEGER; -- since when they may not order; NULL: they may

-- Catalogue: what operators arrange survives every refresh ------------------------------------------

ALTER TABLE categories ADD COLUMN title TEXT; -- the operator's name for it; NULL: the panels'
ALTER TABLE categories ADD COLUMN place INTEGER; -- where the operator put it; NULL: behind those, as panels list it
ALTER TABLE categories ADD COLUMN hidden INTEGER NOT NULL DEFAULT 0 CHECK (hidden IN (0, 1));
ALTER TABLE services ADD COLUMN title TEXT;
ALTER TABLE services ADD COLUMN place INTEGER;
ALTER TABLE services ADD COLUMN hidden INTEGER NOT NULL DEFAULT 0 CHECK (hidden IN (0, 1));
ALTER TABLE services ADD COLUMN charge_checked_at INTEGER; -- when a panel's charge was first held against the cost
ALTER TABLE services ADD COLUMN charged_rate TEXT; -- what it amounted to where it did not fit: off sale until agreed to

CREATE TABLE markups (
    scope TEXT NOT NULL CHECK (scope IN ('shop', 'panel', 'category', 'service')),
    subject TEXT NOT NULL, -- the panel's name, the category's or the service's number; empty for the shop
    percent TEXT NOT NULL,
    PRIMARY KEY (scope, subject)
) STRICT, WITHOUT ROWID;

-- The shop ---------------------------------------------------------------------------------------

CREATE TABLE switches (
    name TEXT PRIMARY KEY, -- what operators turn on and off while the shop runs
    value TEXT NOT NULL -- since when it is on; a switch without a row is off
) STRICT, WITHOUT ROWID;

-- Orders -----------------------------------------------------------------------------------------

CREATE INDEX quotes_of_customer ON quotes (customer_id, created_at) WHERE state <> 'used';

-- After the sale ---------------------------------------------------------------------------------

CREATE TABLE refills (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    update_id INTEGER NOT NULL UNIQUE, -- the press that asked for it: a replay finds it
    order_id INTEGER NOT NULL REFERENCES orders (id),
    customer_id INTEGER NOT NULL REFERENCES customers (id),
    service_number INTEGER NOT NULL REFERENCES services (number),
    panel TEXT NOT NULL,
    upstream_id TEXT NOT NULL, -- the order's at the panel
    refill_id TEXT, -- the panel's name for the refill; some give the order's own number each time
    state TEXT NOT NULL CHECK (state IN
        ('asked', 'submitting', 'active', 'unknown', 'completed', 'rejected', 'refused', 'lapsed')),
    version INTEGER NOT NULL DEFAULT 1, -- one more at each change: the guard of every move
    reason TEXT, -- why it was refused
    words TEXT, -- the panel's own, or why nobody can tell
    status_word TEXT,
    tries INTEGER NOT NULL DEFAULT 0, -- how often it was put off
    next_at INTEGER, -- when the pollers look at it again; NULL: never
    again_at INTEGER, -- from when on the customer may ask again
    asked_at INTEGER NOT NULL,
    sent_at INTEGER,
    ended_at INTEGER,
    CHECK (state NOT IN ('active', 'completed', 'rejected') OR refill_id IS NOT NULL)
) STRICT;
-- A second open refill of an order cannot be stored, whatever the code does.
CREATE UNIQUE INDEX refills_one_open ON refills (order_id) WHERE state IN ('asked', 'submitting', 'active', 'unknown');
CREATE INDEX refills_of_order ON refills (order_id, id);
CREATE INDEX refills_of_service ON refills (service_number, asked_at);
CREATE INDEX refills_due ON refills (panel, next_at) WHERE next_at IS NOT NULL;

CREATE TABLE cancels (
    order_id INTEGER PRIMARY KEY REFERENCES orders (id), -- one request for an order, however often it is pressed
    customer_id INTEGER NOT NULL REFERENCES customers (id),
    panel TEXT NOT NULL,
    upstream_id TEXT NOT NULL,
    state TEXT NOT NULL CHECK (state IN
        ('asked', 'submitting', 'accepted', 'refused', 'unsupported', 'unknown', 'moot')),
    version INTEGER NOT NULL DEFAULT 1,
    words TEXT,
    tries INTEGER NOT NULL DEFAULT 0, -- how often it was put off
    lost INTEGER NOT NULL DEFAULT 0 CHECK (lost BETWEEN 0 AND 3), -- how many replies were lost
    next_at INTEGER,
    asked_at INTEGER NOT NULL,
    answered_at INTEGER
) STRICT;
CREATE INDEX cancels_due ON cancels (panel, next_at) WHERE state = 'asked';
CREATE INDEX cancels_waiting ON cancels (panel, answered_at) WHERE state IN ('accepted', 'unknown');

-- Broadcasts -------------------------------------------------------------------------------------

CREATE TABLE broadcasts (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    update_id INTEGER NOT NULL UNIQUE, -- the message it was written in: a replay finds it
    operator_id INTEGER NOT NULL,
    html TEXT NOT NULL, -- as Telegram takes it
    state TEXT NOT NULL DEFAULT 'draft' CHECK (state IN ('draft', 'running', 'paused', 'stopped', 'done')),
    reached INTEGER NOT NULL DEFAULT 0, -- customers up to this id have their notices
    message_id INTEGER, -- of the operator's message that shows how far it is
    created_at INTEGER NOT NULL,
    started_at INTEGER,
    ended_at INTEGER
) STRICT;
-- A second live broadcast cannot be stored.
CREATE UNIQUE INDEX broadcasts_one_live ON broadcasts ((CASE WHEN state IN ('running', 'paused') THEN 1 END));

ALTER TABLE notices ADD COLUMN broadcast_id INTEGER REFERENCES broadcasts (id);
CREATE INDEX notices_of_broadcast ON notices (broadcast_id, state) WHERE broadcast_id IS NOT NULL;

-- Statistics -------------------------------------------------------------------------------------

CREATE INDEX orders_created ON orders (created_at, state);
