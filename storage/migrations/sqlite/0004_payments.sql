-- Paying in: what customers ask for, what gateways say was paid, and what goes back.

-- Ledger: more kinds of entries, and the customer whom an entry of no order concerns is in its accounts ---------

CREATE TABLE transfers_of_more_kinds (
    id TEXT PRIMARY KEY,
    source TEXT NOT NULL REFERENCES accounts (id),
    target TEXT NOT NULL REFERENCES accounts (id),
    amount INTEGER NOT NULL CHECK (amount > 0),
    kind TEXT NOT NULL CHECK (kind IN
        ('hold', 'post', 'return', 'void', 'adjust', 'manual', 'deposit', 'assign', 'refund', 'unrefund', 'settle',
         'chargeback', 'recovery', 'shift')),
    order_id INTEGER REFERENCES orders (id),
    actor TEXT,
    reason TEXT,
    at INTEGER NOT NULL,
    CHECK (source <> target)
) STRICT;
INSERT INTO transfers_of_more_kinds SELECT id, source, target, amount, kind, order_id, actor, reason, at FROM transfers;
DROP TABLE transfers;
ALTER TABLE transfers_of_more_kinds RENAME TO transfers;
CREATE INDEX transfers_out ON transfers (source, at, amount);
CREATE INDEX transfers_in ON transfers (target, at, amount);
CREATE INDEX transfers_of_order ON transfers (order_id) WHERE order_id IS NOT NULL;
CREATE TRIGGER transfers_stay_changed BEFORE UPDATE ON transfers
BEGIN
    SELECT RAISE(ABORT, 'the ledger only grows');
END;
CREATE TRIGGER transfers_stay_deleted BEFORE DELETE ON transfers
BEGIN
    SELECT RAISE(ABORT, 'the ledger only grows');
END;

ALTER TABLE orders ADD COLUMN from_stars INTEGER NOT NULL DEFAULT 0; -- so much of the charge was Stars credit
ALTER TABLE customers ADD COLUMN owed INTEGER NOT NULL DEFAULT 0 CHECK (owed >= 0); -- taken back by a gateway and spent by then

-- Top-ups: what customers ask for ----------------------------------------------------------------------

CREATE TABLE topups (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    key TEXT NOT NULL UNIQUE, -- of the update that asked: a replay finds it
    token TEXT NOT NULL UNIQUE, -- what the invoice carries; nobody can guess it
    customer_id INTEGER NOT NULL REFERENCES customers (id),
    gateway TEXT NOT NULL CHECK (gateway IN ('stars', 'cryptopay', 'by-hand')),
    amount INTEGER NOT NULL CHECK (amount > 0), -- what the wallet gets
    asked TEXT NOT NULL, -- what the gateway asks for, as a decimal number
    currency TEXT NOT NULL, -- of what is asked: XTR, or the shop's
    state TEXT NOT NULL DEFAULT 'new' CHECK (state IN
        ('new', 'pending', 'paid', 'paid-late', 'paid-over', 'paid-partially', 'expired', 'invalid', 'refunded')),
    version INTEGER NOT NULL DEFAULT 1, -- one more at each change of state
    invoice TEXT, -- the gateway's own name for it, once known
    url TEXT, -- where it is paid
    quote_token TEXT, -- the order that waits for the money
    message_id INTEGER, -- the message that shows it
    card_id INTEGER, -- the confirm card from which it was asked for
    proof TEXT, -- by hand: the file the customer sent
    proof_kind TEXT CHECK (proof_kind IN ('photo', 'document')),
    proof_at INTEGER,
    reason TEXT, -- why it is invalid
    decided_by INTEGER,
    created_at INTEGER NOT NULL,
    changed_at INTEGER NOT NULL,
    expires_at INTEGER NOT NULL
) STRICT;
CREATE UNIQUE INDEX topups_invoice ON topups (gateway, invoice) WHERE invoice IS NOT NULL;
CREATE INDEX topups_of_customer ON topups (customer_id, id);
CREATE INDEX topups_open ON topups (gateway, expires_at) WHERE state IN ('new', 'pending');
CREATE INDEX topups_to_take_away ON topups (gateway, id) WHERE state = 'expired' AND message_id IS NOT NULL;

-- Proofs: the messages that show operators what customers say they paid by hand -----------------------------

CREATE TABLE proof_cards (
    topup_id INTEGER NOT NULL REFERENCES topups (id),
    operator_id INTEGER NOT NULL,
    message_id INTEGER NOT NULL,
    PRIMARY KEY (topup_id, operator_id)
) STRICT, WITHOUT ROWID;

-- Payments: what gateways say was paid ------------------------------------------------------------------

CREATE TABLE payments (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    gateway TEXT NOT NULL CHECK (gateway IN ('stars', 'cryptopay', 'by-hand', 'voucher')),
    payment_id TEXT NOT NULL, -- the gateway's own
    topup_id INTEGER REFERENCES topups (id),
    customer_id INTEGER REFERENCES customers (id), -- whose it is; empty while it is in suspense
    payer TEXT, -- who paid, as the gateway names them
    received TEXT NOT NULL, -- as the gateway has it, a decimal number
    currency TEXT NOT NULL,
    amount INTEGER NOT NULL CHECK (amount > 0), -- in shop currency
    state TEXT NOT NULL CHECK (state IN ('credited', 'suspense', 'refunded', 'reversed')),
    assigned_by INTEGER, -- it fitted nobody, and this operator said whose it is
    paid_at INTEGER NOT NULL, -- by the gateway's clock
    at INTEGER NOT NULL,
    UNIQUE (gateway, payment_id)
) STRICT;
CREATE INDEX payments_of_customer ON payments (customer_id, id);
CREATE INDEX payments_of_topup ON payments (topup_id) WHERE topup_id IS NOT NULL;
CREATE INDEX payments_in_suspense ON payments (id) WHERE state = 'suspense';
CREATE INDEX payments_by_time ON payments (gateway, paid_at);

-- Refunds: what goes back to where it came from ------------------------------------------------------------

CREATE TABLE refunds (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    key TEXT NOT NULL UNIQUE, -- of the update that asked
    begun TEXT UNIQUE, -- of the update that began to send it
    payment INTEGER NOT NULL REFERENCES payments (id),
    customer_id INTEGER NOT NULL REFERENCES customers (id),
    amount INTEGER NOT NULL CHECK (amount > 0), -- what leaves the wallet
    received TEXT NOT NULL, -- what the gateway gives back, in the payment's currency
    state TEXT NOT NULL CHECK (state IN ('asked', 'sending', 'done', 'refused', 'failed')),
    reason TEXT NOT NULL,
    asked_by INTEGER NOT NULL,
    asked_at INTEGER NOT NULL,
    decided_by INTEGER,
    decided_at INTEGER,
    answer TEXT, -- why it was refused, or what the gateway said
    tries INTEGER NOT NULL DEFAULT 0,
    next_at INTEGER, -- when the gateway is asked again
    ended_at INTEGER
) STRICT;
CREATE UNIQUE INDEX refunds_one_open ON refunds (payment) WHERE state IN ('asked', 'sending');
CREATE INDEX refunds_to_send ON refunds (next_at) WHERE state = 'sending';
CREATE INDEX refunds_of_customer ON refunds (customer_id, id);
CREATE INDEX refunds_of_payment ON refunds (payment, id);

CREATE TABLE reversals (
    gateway TEXT NOT NULL CHECK (gateway IN ('stars', 'cryptopay', 'by-hand', 'voucher')),
    payment_id TEXT NOT NULL, -- of a payment that was taken back before anybody told of it
    at INTEGER NOT NULL,
    PRIMARY KEY (gateway, payment_id)
) STRICT, WITHOUT ROWID;

-- Vouchers -------------------------------------------------------------------------------------------------

CREATE TABLE vouchers (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    key TEXT NOT NULL UNIQUE, -- of the update that made it
    code TEXT NOT NULL UNIQUE,
    amount INTEGER NOT NULL CHECK (amount > 0),
    uses INTEGER NOT NULL CHECK (uses > 0),
    used INTEGER NOT NULL DEFAULT 0 CHECK (used BETWEEN 0 AND uses),
    each INTEGER NOT NULL DEFAULT 1 CHECK (each > 0), -- how often one customer may
    made_by INTEGER NOT NULL,
    made_at INTEGER NOT NULL,
    opened_at INTEGER, -- empty while it waits for a second operator's yes
    expires_at INTEGER,
    closed_at INTEGER -- an operator took it back
) STRICT;

CREATE TABLE redemptions (
    voucher_id INTEGER NOT NULL REFERENCES vouchers (id),
    customer_id INTEGER NOT NULL REFERENCES customers (id),
    number INTEGER NOT NULL CHECK (number > 0), -- the customer's own count
    key TEXT NOT NULL UNIQUE, -- of the update that asked
    at INTEGER NOT NULL,
    PRIMARY KEY (voucher_id, customer_id, number)
) STRICT, WITHOUT ROWID;
CREATE INDEX redemptions_of_customer ON redemptions (customer_id);

CREATE TABLE voucher_misses (
    key TEXT PRIMARY KEY, -- of the update that tried a code that is none
    customer_id INTEGER NOT NULL REFERENCES customers (id),
    at INTEGER NOT NULL
) STRICT, WITHOUT ROWID;
CREATE INDEX voucher_misses_of_customer ON voucher_misses (customer_id, at);

-- Pages: what operators wrote in place of the standard texts --------------------------------------------------

CREATE TABLE pages (
    name TEXT NOT NULL,
    language TEXT NOT NULL,
    text TEXT NOT NULL, -- Telegram's HTML
    changed_by INTEGER NOT NULL,
    changed_at INTEGER NOT NULL,
    PRIMARY KEY (name, language)
) STRICT, WITHOUT ROWID;

-- Approvals: more that may need a second operator -----------------------------------------------------------

CREATE TABLE approvals_of_more_kinds (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    key TEXT NOT NULL UNIQUE, -- of the update that asked: a replay asks once
    kind TEXT NOT NULL CHECK (kind IN
        ('release', 'teach', 'decide', 'credit', 'debit', 'give-back', 'topup', 'refund', 'assign', 'voucher')),
    subject INTEGER NOT NULL, -- the number of an order, a customer, a top-up, a payment, a voucher
    version INTEGER NOT NULL, -- of the order or top-up when it was asked for; 0 for everything else
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
INSERT INTO approvals_of_more_kinds SELECT id, key, kind, subject, version, amount, why, asked_by, asked_at, expires_at,
    state, decided_by, decided_at FROM approvals;
DROP TABLE approvals;
ALTER TABLE approvals_of_more_kinds RENAME TO approvals;
CREATE INDEX approvals_open ON approvals (kind, subject) WHERE state = 'open';
