-- The shop's first schema. Money is whole micro-units, times are whole milliseconds since 1970 UTC.

CREATE TABLE instance (
    id INTEGER PRIMARY KEY CHECK (id = 1),
    epoch INTEGER NOT NULL -- one more at each start
) STRICT;
INSERT INTO instance (id, epoch) VALUES (1, 0);

-- Updates in -------------------------------------------------------------------------------------

CREATE TABLE inbox (
    update_id INTEGER PRIMARY KEY,
    key INTEGER NOT NULL, -- the person (else the chat) whose updates stay in order
    raw TEXT NOT NULL,
    state TEXT NOT NULL DEFAULT 'new' CHECK (state IN ('new', 'done', 'poison')),
    tries INTEGER NOT NULL DEFAULT 0,
    error TEXT,
    got_at INTEGER NOT NULL
) STRICT;
CREATE INDEX inbox_new ON inbox (update_id) WHERE state = 'new';
CREATE INDEX inbox_age ON inbox (got_at);

CREATE TABLE conversations (
    name TEXT NOT NULL,
    key TEXT NOT NULL,
    state TEXT NOT NULL,
    PRIMARY KEY (name, key)
) STRICT, WITHOUT ROWID;

CREATE TABLE memories (
    person_id INTEGER PRIMARY KEY,
    memory TEXT NOT NULL -- the draft and its kin, as JSON
) STRICT;

-- Customers --------------------------------------------------------------------------------------

CREATE TABLE customers (
    id INTEGER PRIMARY KEY, -- the Telegram id
    name TEXT NOT NULL,
    username TEXT,
    language TEXT,
    blocked INTEGER NOT NULL DEFAULT 0 CHECK (blocked IN (0, 1)), -- they blocked the bot
    joined_at INTEGER NOT NULL,
    seen_at INTEGER NOT NULL
) STRICT;

-- Catalogue --------------------------------------------------------------------------------------

CREATE TABLE categories (
    number INTEGER PRIMARY KEY,
    key TEXT NOT NULL UNIQUE, -- the normalised name
    name TEXT NOT NULL
) STRICT;

CREATE TABLE services (
    number INTEGER PRIMARY KEY AUTOINCREMENT, -- the shop's own, stable for ever and never given to another
    panel TEXT NOT NULL,
    id TEXT NOT NULL,
    name TEXT NOT NULL,
    type TEXT NOT NULL,
    category TEXT NOT NULL,
    category_number INTEGER NOT NULL REFERENCES categories (number),
    rate TEXT NOT NULL,
    minimum INTEGER NOT NULL,
    maximum INTEGER NOT NULL,
    refill INTEGER,
    cancel INTEGER,
    dripfeed INTEGER,
    description TEXT NOT NULL,
    unsold TEXT,
    pending_rate TEXT,
    position INTEGER NOT NULL,
    UNIQUE (panel, id)
) STRICT;
CREATE INDEX services_gone ON services (panel, number) WHERE unsold = 'gone';

CREATE TABLE panels (
    name TEXT PRIMARY KEY,
    currency TEXT, -- what its balance was in when last seen
    agreed_currency TEXT, -- what its prices are in; where the two differ, nothing of it is sold
    balance TEXT,
    balance_at INTEGER,
    refreshed_at INTEGER,
    services INTEGER NOT NULL DEFAULT 0
) STRICT, WITHOUT ROWID;

CREATE TABLE panel_failures (
    panel TEXT NOT NULL,
    action TEXT NOT NULL,
    since INTEGER NOT NULL,
    last_at INTEGER NOT NULL,
    failure TEXT NOT NULL, -- the newest
    PRIMARY KEY (panel, action)
) STRICT, WITHOUT ROWID;

-- Orders -----------------------------------------------------------------------------------------

CREATE TABLE quotes (
    token TEXT PRIMARY KEY,
    update_id INTEGER NOT NULL UNIQUE, -- the update that asked for it: a replay finds it
    customer_id INTEGER NOT NULL REFERENCES customers (id),
    service_number INTEGER NOT NULL REFERENCES services (number),
    rate TEXT NOT NULL, -- of the panel, at the time of the quote
    answers TEXT NOT NULL, -- JSON object of protocol fields
    quantity INTEGER NOT NULL CHECK (quantity > 0),
    charge INTEGER NOT NULL CHECK (charge > 0),
    cost INTEGER NOT NULL CHECK (cost >= 0),
    state TEXT NOT NULL DEFAULT 'open' CHECK (state IN ('open', 'used', 'dropped')),
    created_at INTEGER NOT NULL,
    expires_at INTEGER NOT NULL
) STRICT, WITHOUT ROWID;
CREATE INDEX quotes_of_service ON quotes (service_number);
CREATE INDEX quotes_age ON quotes (expires_at) WHERE state <> 'used';

CREATE TABLE orders (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    quote_token TEXT NOT NULL UNIQUE,
    customer_id INTEGER NOT NULL REFERENCES customers (id),
    service_number INTEGER NOT NULL REFERENCES services (number),
    service_name TEXT NOT NULL,
    panel TEXT NOT NULL,
    service_id TEXT NOT NULL,
    type TEXT NOT NULL,
    answers TEXT NOT NULL,
    target TEXT NOT NULL, -- the link in the form under which two are the same
    quantity INTEGER NOT NULL CHECK (quantity > 0),
    charge INTEGER NOT NULL CHECK (charge > 0 AND charge < 4611686018427387904),
    cost INTEGER NOT NULL CHECK (cost >= 0 AND cost < 4611686018427387904), -- expected, in shop currency
    spent INTEGER NOT NULL DEFAULT 0 CHECK (spent BETWEEN 0 AND 2 * cost + 1), -- what the panel kept in the end
    returned INTEGER NOT NULL DEFAULT 0 CHECK (returned BETWEEN 0 AND charge),
    state TEXT NOT NULL CHECK (state IN
        ('reserved', 'submitting', 'active', 'unknown', 'completed', 'partial', 'canceled', 'failed')),
    version INTEGER NOT NULL DEFAULT 1, -- one more at each change of state: the guard of every move
    reason TEXT, -- why it failed or was canceled
    attempts INTEGER NOT NULL DEFAULT 0,
    upstream_id TEXT,
    status_word TEXT,
    start_count INTEGER,
    remains INTEGER,
    attention TEXT,
    attention_word TEXT, -- the panel's word that brought it
    reading TEXT, -- a reading that returns money, until it has stood long enough
    reading_since INTEGER,
    missing_since INTEGER, -- since when the panel says it does not know the id
    missing_count INTEGER NOT NULL DEFAULT 0,
    next_at INTEGER, -- when the submitter or the tracker looks at it again; NULL: never
    card_message_id INTEGER,
    created_at INTEGER NOT NULL,
    sent_at INTEGER,
    changed_at INTEGER NOT NULL,
    finished_at INTEGER,
    CHECK (state NOT IN ('active', 'completed', 'partial') OR upstream_id IS NOT NULL)
) STRICT;
CREATE UNIQUE INDEX orders_upstream ON orders (panel, upstream_id) WHERE upstream_id IS NOT NULL;
CREATE INDEX orders_of_service ON orders (service_number);
CREATE INDEX orders_of_customer ON orders (customer_id, id);
CREATE INDEX orders_to_submit ON orders (panel, next_at) WHERE state = 'reserved';
CREATE INDEX orders_under_way ON orders (panel) WHERE state IN ('submitting', 'unknown');
CREATE INDEX orders_to_track ON orders (panel, next_at)
    WHERE next_at IS NOT NULL AND state IN ('active', 'completed', 'partial');
CREATE INDEX orders_to_decide ON orders (id) WHERE state = 'unknown' OR attention IS NOT NULL;
CREATE INDEX orders_by_state ON orders (state);
CREATE INDEX orders_finished ON orders (finished_at) WHERE finished_at IS NOT NULL;

CREATE TABLE attempts (
    order_id INTEGER NOT NULL REFERENCES orders (id),
    number INTEGER NOT NULL,
    epoch INTEGER NOT NULL,
    outcome TEXT NOT NULL DEFAULT 'inflight' CHECK (outcome IN
        ('inflight', 'placed', 'refused', 'postponed', 'unknown', 'released')),
    started_at INTEGER NOT NULL,
    ended_at INTEGER,
    detail TEXT, -- why, in the shop's words
    http_status INTEGER,
    reply_sha256 TEXT,
    excerpt TEXT, -- of the reply, without secrets
    PRIMARY KEY (order_id, number)
) STRICT, WITHOUT ROWID;
-- A second live attempt cannot be stored, whatever the code does.
CREATE UNIQUE INDEX attempts_one_live ON attempts (order_id) WHERE outcome IN ('inflight', 'unknown', 'placed');

-- Ledger -----------------------------------------------------------------------------------------

CREATE TABLE accounts (
    id TEXT PRIMARY KEY,
    customer_id INTEGER REFERENCES customers (id), -- NULL: an account of the shop itself
    balance INTEGER NOT NULL DEFAULT 0,
    CHECK (customer_id IS NULL OR balance >= 0),
    CHECK (balance > -4611686018427387904 AND balance < 4611686018427387904)
) STRICT, WITHOUT ROWID;
CREATE INDEX accounts_of_customer ON accounts (customer_id);

CREATE TABLE transfers (
    id TEXT PRIMARY KEY,
    source TEXT NOT NULL REFERENCES accounts (id),
    target TEXT NOT NULL REFERENCES accounts (id),
    amount INTEGER NOT NULL CHECK (amount > 0),
    kind TEXT NOT NULL CHECK (kind IN ('hold', 'post', 'return', 'void', 'adjust', 'manual')),
    order_id INTEGER REFERENCES orders (id),
    actor TEXT,
    reason TEXT,
    at INTEGER NOT NULL,
    CHECK (source <> target)
) STRICT;
CREATE INDEX transfers_out ON transfers (source, at);
CREATE INDEX transfers_in ON transfers (target, at);
CREATE INDEX transfers_of_order ON transfers (order_id) WHERE order_id IS NOT NULL;

CREATE TRIGGER transfers_stay_changed BEFORE UPDATE ON transfers
BEGIN
    SELECT RAISE(ABORT, 'the ledger only grows');
END;
CREATE TRIGGER transfers_stay_deleted BEFORE DELETE ON transfers
BEGIN
    SELECT RAISE(ABORT, 'the ledger only grows');
END;

-- Telling people ---------------------------------------------------------------------------------

CREATE TABLE notices (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    key TEXT NOT NULL UNIQUE,
    chat_id INTEGER NOT NULL,
    kind TEXT NOT NULL,
    order_id INTEGER REFERENCES orders (id),
    facts TEXT NOT NULL,
    version INTEGER NOT NULL DEFAULT 1, -- one more each time the row is made due again
    state TEXT NOT NULL DEFAULT 'waiting' CHECK (state IN ('waiting', 'sent', 'dead')),
    tries INTEGER NOT NULL DEFAULT 0,
    due_at INTEGER NOT NULL,
    created_at INTEGER NOT NULL,
    error TEXT
) STRICT;
CREATE INDEX notices_due ON notices (due_at) WHERE state = 'waiting';
CREATE INDEX notices_of_chat ON notices (chat_id, id) WHERE state = 'waiting';
CREATE INDEX notices_dead ON notices (chat_id) WHERE state = 'dead';

CREATE TABLE alerts (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    key TEXT NOT NULL,
    kind TEXT NOT NULL,
    order_id INTEGER REFERENCES orders (id),
    facts TEXT NOT NULL,
    raised_at INTEGER NOT NULL,
    closed_at INTEGER, -- seen by an operator, or over
    closed_by TEXT, -- an operator, or NULL when the condition ended by itself
    ended_at INTEGER -- the condition is over
) STRICT;
CREATE UNIQUE INDEX alerts_open ON alerts (key) WHERE ended_at IS NULL;

CREATE TABLE tickets (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    update_id INTEGER NOT NULL UNIQUE,
    customer_id INTEGER NOT NULL REFERENCES customers (id),
    text TEXT NOT NULL,
    asked_at INTEGER NOT NULL,
    answered_by INTEGER,
    answered_at INTEGER
) STRICT;
CREATE INDEX tickets_of_customer ON tickets (customer_id, asked_at);

CREATE TABLE acts (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    key TEXT UNIQUE, -- of the update that asked for it: a replay writes it once
    actor TEXT NOT NULL,
    act TEXT NOT NULL,
    object TEXT NOT NULL,
    detail TEXT NOT NULL,
    at INTEGER NOT NULL
) STRICT;
