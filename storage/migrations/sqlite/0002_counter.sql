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
