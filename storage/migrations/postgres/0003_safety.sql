-- Money safety: what is known of an unknown order, and acts nobody can take back unseen.
-- It says the same as SQLite's file of this name; a test compares them.

-- Unknown orders -----------------------------------------------------------------------------------

ALTER TABLE attempts ADD COLUMN lease_until BIGINT; -- later nobody can be at work on it any more
ALTER TABLE orders ADD COLUMN verdict TEXT CHECK (verdict IN ('pending', 'zero', 'match', 'placed', 'mixed')); -- what the evidence says of an unknown order
ALTER TABLE orders ADD COLUMN reminded BIGINT NOT NULL DEFAULT 0; -- how often operators were reminded of it

CREATE TABLE panel_snapshots (
    panel TEXT COLLATE "C" NOT NULL,
    at BIGINT NOT NULL,
    balance TEXT NOT NULL, -- in the panel's currency, as it was written
    currency TEXT NOT NULL,
    in_flight BIGINT NOT NULL CHECK (in_flight >= 0), -- how many `add` were under way when it was read
    PRIMARY KEY (panel, at)
);

CREATE TABLE orphans (
    panel TEXT COLLATE "C" NOT NULL,
    upstream_id TEXT COLLATE "C" NOT NULL,
    order_id BIGINT NOT NULL REFERENCES orders (id), -- whose money had gone back before the panel named it
    cost BIGINT NOT NULL CHECK (cost >= 0), -- what it takes from the shop, in shop currency
    found_at BIGINT NOT NULL,
    PRIMARY KEY (panel, upstream_id)
);

CREATE TABLE known_refusals (
    panel TEXT COLLATE "C" NOT NULL,
    words TEXT COLLATE "C" NOT NULL, -- evened out; an operator said that they always mean: nothing was placed
    taught_by TEXT NOT NULL,
    taught_at BIGINT NOT NULL,
    PRIMARY KEY (panel, words)
);

-- Acts ---------------------------------------------------------------------------------------------

ALTER TABLE acts ADD COLUMN seal TEXT; -- over this act and the seal before it: a changed or missing act shows
