-- The schema of the main path. Times are Unix seconds (0 where not known),
-- lists and small documents are JSON text, names of sources are as configured.
-- id is a row's own number, x_id that of a row of x, but message-ids, patch-ids
-- and change-ids of b4 are texts; natural keys say what a row is about wherever
-- its number may change.

-- +goose Up

CREATE TABLE source (                            -- where input comes from: layer, project, list, account, mbox
	id           INTEGER PRIMARY KEY,
	kind         TEXT NOT NULL,                  -- layer, project, list, account
	name         TEXT NOT NULL,                  -- as configured, unique in its kind
	location     TEXT NOT NULL DEFAULT '',       -- URL or path; never holds a secret
	settings     TEXT NOT NULL DEFAULT '{}',     -- JSON of the rest of its section
	from_file    BOOLEAN NOT NULL DEFAULT TRUE,  -- from upstreamd.toml, read-only on the pages
	gone         BOOLEAN NOT NULL DEFAULT FALSE, -- no longer configured, kept for its history
	last_checked BIGINT NOT NULL DEFAULT 0,      -- last try, whatever came of it
	last_success BIGINT NOT NULL DEFAULT 0,      -- last try that went well
	last_error   TEXT NOT NULL DEFAULT '',       -- what went wrong at the last try; '' if it went well
	error_since  BIGINT NOT NULL DEFAULT 0,      -- first of the tries that failed in a row; 0 if none
	UNIQUE (kind, name)
);

CREATE TABLE mirror_tip (                        -- refs of a mirror as the fetch stage last recorded them
	source_id   BIGINT NOT NULL REFERENCES source (id) ON DELETE CASCADE,
	ref         TEXT NOT NULL,                   -- full name: refs/heads/main, refs/tags/v1.0
	hash        TEXT NOT NULL,                   -- the commit it leads to
	commit_time BIGINT NOT NULL,                 -- of that commit
	PRIMARY KEY (source_id, ref)
);

CREATE TABLE ref_move (                          -- history of tips: append-only
	id        INTEGER PRIMARY KEY,
	source_id BIGINT NOT NULL REFERENCES source (id) ON DELETE CASCADE,
	ref       TEXT NOT NULL,                     -- full name
	old_hash  TEXT NOT NULL,                     -- '' where the ref is new
	new_hash  TEXT NOT NULL,                     -- '' where the ref was deleted
	kind      TEXT NOT NULL,                     -- new, moved, forced, deleted
	seen      BIGINT NOT NULL                    -- when the fetch stage saw it
);
CREATE INDEX ref_move_source ON ref_move (source_id, id);

CREATE TABLE cursor (                            -- how far a stage has come with one input
	stage TEXT NOT NULL,                         -- collect, scan, index, match ...
	input TEXT NOT NULL,                         -- the stage's own name of the input
	value TEXT NOT NULL,                         -- the stage's own mark
	PRIMARY KEY (stage, input)
);

CREATE TABLE raw_mail (                          -- bytes of mails, committed before anything parses them
	id       INTEGER PRIMARY KEY,
	sha256   TEXT NOT NULL UNIQUE,               -- of the bytes as received, hex
	size     BIGINT NOT NULL,                    -- of the bytes as received
	body     BLOB NOT NULL,                      -- zstd of the bytes; of the header only where oversize
	oversize BOOLEAN NOT NULL DEFAULT FALSE      -- larger than the limit, only its header was fetched
);

CREATE TABLE delivery (                          -- where and how a mail reached us; one mail can have several
	id          INTEGER PRIMARY KEY,
	raw_id      BIGINT NOT NULL REFERENCES raw_mail (id) ON DELETE CASCADE,
	source      TEXT NOT NULL,                   -- name of the account or list that brought it, or 'import'
	mailbox     TEXT NOT NULL,                   -- IMAP mailbox, or path of the mbox, maildir or repository
	uidvalidity BIGINT NOT NULL,                 -- of the mailbox; 0 for files
	uid         BIGINT NOT NULL,                 -- of the mail; 0 for files
	removed     BOOLEAN NOT NULL DEFAULT FALSE,  -- the archive took the mail back
	UNIQUE (source, mailbox, uidvalidity, uid, raw_id) -- a file that is rewritten has other mails at the same places
);
CREATE INDEX delivery_raw ON delivery (raw_id);

CREATE TABLE unread (                            -- mails that no message was read from yet
	raw_id BIGINT PRIMARY KEY REFERENCES raw_mail (id) ON DELETE CASCADE
);

CREATE TABLE message (                           -- what the assemble stage read from one raw mail
	id            INTEGER PRIMARY KEY,
	raw_id        BIGINT NOT NULL UNIQUE REFERENCES raw_mail (id) ON DELETE CASCADE,
	message_id    TEXT NOT NULL,                 -- without <>; made up from the bytes where there is none
	kind          TEXT NOT NULL,                 -- patch, cover, reply, other, quarantined, removed; copy: another mail has its message-id
	reason        TEXT NOT NULL DEFAULT '',      -- why it is quarantined, or what was odd in it
	subject       TEXT NOT NULL,                 -- as sent, decoded
	from_name     TEXT NOT NULL,                 -- of the real author, unmunged
	from_address  TEXT NOT NULL,                 -- the same, lower case
	sent          BIGINT NOT NULL,               -- from the Date header, never later than received
	list          TEXT NOT NULL,                 -- name of the configured list, else the List-Id, else ''
	has_diff      BOOLEAN NOT NULL,              -- there is a diff in it
	content       TEXT NOT NULL,                 -- hash of what was sent: the same by whatever way the mail came
	facts         TEXT NOT NULL,                 -- JSON: what assembly needs to know of the mail
	posting_id    BIGINT NOT NULL DEFAULT 0,     -- the posting it is part of; 0 if none
	part          INTEGER NOT NULL DEFAULT 0,    -- n of n/m; 0 for covers and replies
	title         TEXT NOT NULL,                 -- subject without its prefixes
	signers       TEXT NOT NULL DEFAULT '',      -- of a patch: addresses of who signed it off or developed it too, with spaces between
	action        TEXT NOT NULL DEFAULT '',      -- of a reply: ping, applied, other
	target        TEXT NOT NULL DEFAULT '',      -- of a reply: message-id of the patch or cover it is about
	patch_id      TEXT NOT NULL DEFAULT '',      -- git patch-id --stable of its diff; '' if it has none
	archive       TEXT NOT NULL DEFAULT ''       -- address where its list shows it; '' if the mail does not say
);
CREATE INDEX message_message_id ON message (message_id);
CREATE INDEX message_posting ON message (posting_id, part);
CREATE INDEX message_sent ON message (sent, id);
CREATE INDEX message_kind ON message (kind, sent, id);
CREATE INDEX message_target ON message (target);
CREATE INDEX message_patch_id ON message (patch_id) WHERE patch_id <> '';
CREATE INDEX message_archive ON message (archive) WHERE archive <> '';
CREATE INDEX message_list ON message (list, sent, id);

-- The words of messages, to search in. rowid is sent << 28 | id of the message,
-- so that the newest come first; only the index is kept, not the texts.
CREATE VIRTUAL TABLE message_words USING fts5 (
	subject, people, files, body, list,
	content = '', contentless_delete = 1, prefix = '3', tokenize = 'unicode61 remove_diacritics 0'
);

CREATE TABLE tie (                               -- mails with one in common may be parts of one series
	tie    BIGINT NOT NULL,                      -- as series.Ties
	raw_id BIGINT NOT NULL REFERENCES raw_mail (id) ON DELETE CASCADE,
	PRIMARY KEY (tie, raw_id)
) WITHOUT ROWID;

CREATE TABLE loose (                             -- mails that are to be put together, for the first time or anew
	raw_id BIGINT PRIMARY KEY REFERENCES raw_mail (id) ON DELETE CASCADE
);

CREATE TABLE series (                            -- all revisions of one thing that was sent
	id            INTEGER PRIMARY KEY AUTOINCREMENT,
	natural_key   TEXT NOT NULL UNIQUE,          -- message-id of the first part of its earliest posting
	title         TEXT NOT NULL,                 -- of the newest revision
	list          TEXT NOT NULL,                 -- name of the list
	branch        TEXT NOT NULL,                 -- that it is meant for; '' if not said
	author_name   TEXT NOT NULL,                 -- of its first posting
	author        TEXT NOT NULL,                 -- the same, address, lower case
	taken_over    TEXT NOT NULL,                 -- JSON list: keys of series by others that go on with this one
	siblings      TEXT NOT NULL DEFAULT '[]',    -- JSON list: keys of series that bring the same change to other branches
	state         TEXT NOT NULL,                 -- as series.State
	state_reason  TEXT NOT NULL,                 -- in words
	posted        BIGINT NOT NULL,               -- first posting
	last_sign     BIGINT NOT NULL,               -- last posting or reply
	ours          BOOLEAN NOT NULL DEFAULT FALSE, -- the team sent it, said so, or carries its diff
	waiting_on    TEXT NOT NULL DEFAULT '',      -- who has to act: us, them; '' for nobody
	waiting_for   TEXT NOT NULL DEFAULT '',      -- who that is and what for, in words
	waiting_since BIGINT NOT NULL DEFAULT 0,     -- since when; 0 for nobody
	valid_until   BIGINT NOT NULL DEFAULT 0,     -- next moment when the clock alone may change the state; 0 is never
	inputs        TEXT NOT NULL DEFAULT ''       -- fingerprint of all that the state was judged by
);
CREATE INDEX series_last_sign ON series (last_sign, id);
CREATE INDEX series_ours ON series (ours, last_sign, id);
CREATE INDEX series_valid_until ON series (valid_until) WHERE valid_until > 0;
CREATE INDEX series_state ON series (state, last_sign, id);
CREATE INDEX series_list ON series (list, last_sign, id);
CREATE INDEX series_waiting ON series (waiting_on, last_sign, id);
CREATE INDEX series_taken_over ON series (id) WHERE taken_over <> '[]';

CREATE TABLE posting (                           -- one sent revision of a series
	id           INTEGER PRIMARY KEY,
	natural_key  TEXT NOT NULL UNIQUE,          -- message-id of its first part
	series_id    BIGINT NOT NULL REFERENCES series (id) ON DELETE CASCADE,
	position     INTEGER NOT NULL,              -- in the series, from 1; the last one is current
	version      INTEGER NOT NULL,              -- 2 for [PATCH v2]
	total        INTEGER NOT NULL,              -- m of n/m; 1 for a single patch
	list         TEXT NOT NULL,                 -- name of the list
	title        TEXT NOT NULL,                 -- of its cover letter, else of its first part
	author_name  TEXT NOT NULL,                 -- who sent it
	author       TEXT NOT NULL,                 -- address, lower case
	posted       BIGINT NOT NULL,               -- when its first part was sent
	branch       TEXT NOT NULL,                 -- from its prefixes; '' if not said
	cover        TEXT NOT NULL,                 -- message-id of its cover letter; '' if it has none
	rfc          BOOLEAN NOT NULL,              -- it asks for comments only
	resend       BOOLEAN NOT NULL,              -- it was sent before
	flaw         TEXT NOT NULL DEFAULT '',      -- why it is not whole; '' if it is
	state        TEXT NOT NULL DEFAULT '',      -- as series.State
	state_reason TEXT NOT NULL DEFAULT '',      -- in words
	review       TEXT NOT NULL DEFAULT '',      -- JSON: what was said of it, as series.Review
	base         TEXT NOT NULL DEFAULT '',      -- commit that it says it applies to; ''
	needs        TEXT NOT NULL DEFAULT '[]',    -- JSON list: what it says it depends on, as series.Need
	change_id    TEXT NOT NULL DEFAULT '',      -- by b4; ''
	targets      TEXT NOT NULL DEFAULT '[]',    -- JSON list: what it is meant for, as pipeline.Target
	aimed        TEXT NOT NULL DEFAULT ''       -- fingerprint of all that the targets were found by
);
CREATE INDEX posting_change_id ON posting (change_id) WHERE change_id <> '';
CREATE INDEX posting_series ON posting (series_id, position);

CREATE TABLE trailer (                           -- a review trailer that a reply gives
	id         INTEGER PRIMARY KEY,
	reply      TEXT NOT NULL,                    -- message-id of the reply
	target     TEXT NOT NULL,                    -- message-id of the patch or cover it is for
	kind       TEXT NOT NULL,                    -- reviewed-by, acked-by, tested-by, nacked-by ...
	name       TEXT NOT NULL,                    -- as the trailer has it; '' if it has only an address
	address    TEXT NOT NULL                     -- the same, lower case; ''
);
CREATE INDEX trailer_target ON trailer (target);
CREATE INDEX trailer_reply ON trailer (reply);

CREATE TABLE recipe (                            -- a recipe or bbappend of a layer branch, at the scanned tip
	id        INTEGER PRIMARY KEY,
	source_id BIGINT NOT NULL REFERENCES source (id) ON DELETE CASCADE,
	layer     TEXT NOT NULL,                     -- name/sub-layer
	file      TEXT NOT NULL,                     -- path in the repository
	kind      TEXT NOT NULL,                     -- recipe, append
	pn        TEXT NOT NULL,                     -- name that it builds; of an append, that it applies to
	pv        TEXT NOT NULL,                     -- '' where it is not known
	pe        TEXT NOT NULL,                     -- epoch; '' where there is none
	pr        TEXT NOT NULL,                     -- revision; '' where there is none
	srcrev    TEXT NOT NULL,                     -- commit of its source that it builds; ''
	patches   INTEGER NOT NULL,                  -- how many it applies, appends counted
	remote    TEXT NOT NULL,                     -- JSON list: non-file entries of SRC_URI
	tag_pattern TEXT NOT NULL,                   -- which tags of its repository are releases, as a regular expression; ''
	floating  BOOLEAN NOT NULL,                  -- it builds whatever is newest (AUTOREV)
	inactive  TEXT NOT NULL,                     -- why bitbake would not take it in this set of layers; ''
	problems  TEXT NOT NULL,                     -- JSON list: what could not be read
	UNIQUE (source_id, file)
);
CREATE INDEX recipe_pn ON recipe (pn);

CREATE TABLE carried (                           -- a patch file or forked recipe that a local layer carries, or once carried
	id             INTEGER PRIMARY KEY,
	source_id      BIGINT NOT NULL REFERENCES source (id) ON DELETE CASCADE,
	kind           TEXT NOT NULL,                -- patch, delta
	natural_key    TEXT NOT NULL UNIQUE,         -- change.CarriedKey
	branch         TEXT NOT NULL,                -- of the layer
	path           TEXT NOT NULL,                -- in the repository
	recipe         TEXT NOT NULL,                -- PN; '' for an orphan
	recipe_file    TEXT NOT NULL,                -- path of the recipe; '' for an orphan
	pv             TEXT NOT NULL,                -- of the recipe
	position       INTEGER NOT NULL,             -- in the recipe's queue, from 1; 0 for an orphan
	strip          INTEGER NOT NULL,             -- striplevel
	below          TEXT NOT NULL,                -- directory of its source where it is applied; '' for the top, 'unknown'
	blob           TEXT NOT NULL,                -- git blob of the file
	subject        TEXT NOT NULL,                -- of the patch, else its file name
	author         TEXT NOT NULL,                -- address in the patch header, lower case; ''
	status         TEXT NOT NULL,                -- what its Upstream-Status claims: the word, missing or malformed
	status_kind    TEXT NOT NULL,                -- the word, also where the line is malformed; '' if there is none
	status_detail  TEXT NOT NULL,                -- what follows the word
	status_line    INTEGER NOT NULL,             -- number of the line, from 1; 0 if there is none
	status_raw     TEXT NOT NULL,                -- the whole line
	added          BIGINT NOT NULL,              -- when the file came
	toucher        TEXT NOT NULL,                -- address of who last touched it
	touched        BIGINT NOT NULL,              -- when that was
	keeper         TEXT NOT NULL,                -- address of who answers for it now; ''
	refreshes      INTEGER NOT NULL,             -- how often its diff was made anew
	plan           TEXT NOT NULL,                -- what its header says in free text of its way upstream; ''
	lines          INTEGER NOT NULL,             -- added and removed lines
	cve            TEXT NOT NULL,                -- JSON list: what it says it mends
	other_source   TEXT NOT NULL,                -- of a delta, the upstream layer that it is forked from; ''
	other_file     TEXT NOT NULL,                -- path of the recipe there; ''
	other_blob     TEXT NOT NULL,                -- git blob of it; '' where it is not there any more
	other_version  TEXT NOT NULL,                -- [PE:]PV of it; ''
	renamed        BOOLEAN NOT NULL,             -- it has another PN
	relation       TEXT NOT NULL,                -- as change.Relation; ''
	floating       BOOLEAN NOT NULL,             -- the recipe builds whatever is newest (AUTOREV)
	dropped        BIGINT NOT NULL DEFAULT 0     -- commit time of the tip that no longer has it; 0 while carried
);
CREATE INDEX carried_source ON carried (source_id, recipe);

CREATE TABLE duplicate (                         -- what a local layer has and another layer has too
	id             INTEGER PRIMARY KEY,
	kind           TEXT NOT NULL,                -- fork, renamed, derived, append, append-dangling, patch, class, inc
	local_source   TEXT NOT NULL,                -- name of the layer source
	local_file     TEXT NOT NULL,                -- path in it
	local_version  TEXT NOT NULL,                -- [PE:]PV of recipes; ''
	other_source   TEXT NOT NULL,                -- the other side; '' for a dangling append
	other_file     TEXT NOT NULL,                -- path in it
	other_version  TEXT NOT NULL,                -- [PE:]PV of recipes; ''
	relation       TEXT NOT NULL,                -- same, local-older, local-newer, differs; '' for patches
	match          TEXT NOT NULL,                -- of patches: identical, patch-id, changes, near; ''
	similarity     DOUBLE PRECISION NOT NULL,    -- how alike both files are, from 0 to 1; 0 where they were not compared
	came           TEXT NOT NULL,                -- of what the other side once had, the commit that brought it; ''
	went           TEXT NOT NULL,                -- the commit that took it away; ''
	local_blob     TEXT NOT NULL,                -- git blob of our file; ''
	other_blob     TEXT NOT NULL,                -- of theirs; ''
	first          TEXT NOT NULL,                -- who had it first: local, upstream; '' where it is not known
	local_commit   TEXT NOT NULL,                -- that brought ours; ''
	local_since    BIGINT NOT NULL,              -- when that was; 0
	other_commit   TEXT NOT NULL,                -- that brought theirs; ''
	other_since    BIGINT NOT NULL,              -- when that was; 0
	news           TEXT NOT NULL,                -- JSON list of layer.News: what upstream did since we have it
	UNIQUE (kind, local_source, local_file, other_source, other_file)
);

CREATE TABLE trend (                             -- what a local layer held at some commit of its history
	source_id   BIGINT NOT NULL REFERENCES source (id) ON DELETE CASCADE,
	commit_hash TEXT NOT NULL,                   -- of the layer
	taken       BIGINT NOT NULL,                 -- its commit time
	recipes     INTEGER NOT NULL,                -- recipe files
	appends     INTEGER NOT NULL,                -- bbappends
	patches     INTEGER NOT NULL,                -- patch files
	lines       INTEGER NOT NULL,                -- that these add and remove
	forks       INTEGER NOT NULL,                -- recipes that an upstream layer had, too, at that time
	claims      TEXT NOT NULL,                   -- JSON object: patch files by Upstream-Status word, missing, malformed
	PRIMARY KEY (source_id, commit_hash)
);

CREATE TABLE named (                             -- a commit that the Upstream-Status of a carried patch names, in one project
	sighting_key TEXT NOT NULL,                  -- of the carried patch
	project      TEXT NOT NULL,                  -- name of the source that was searched
	input        TEXT NOT NULL,                  -- fingerprint of claim and tips: same input, same answer
	commit_hash  TEXT NOT NULL,                  -- full hash; '' where the project has no such commit
	subject      TEXT NOT NULL,                  -- of the commit; ''
	committed    BIGINT NOT NULL,                -- its commit time; 0
	tags         TEXT NOT NULL,                  -- JSON list: that contain it, oldest version first
	ours         TEXT NOT NULL,                  -- tag or revision of the version that the layer has, if that contains it; ''
	shipped      TEXT NOT NULL,                  -- JSON list: upstream layers whose version contains it
	PRIMARY KEY (sighting_key, project)
);

CREATE TABLE truth (                             -- cache: whether what a carried file claims is so; only judge writes it
	sighting_key TEXT PRIMARY KEY,               -- of the carried patch
	verdict      TEXT NOT NULL,                  -- as change.Truth
	reason       TEXT NOT NULL,                  -- why, in words
	proof        TEXT NOT NULL,                  -- address or key of what shows it; ''
	fix          TEXT NOT NULL,                  -- the Upstream-Status that would be true; 'drop' to delete the file; ''
	shipped      TEXT NOT NULL,                  -- JSON list: upstream layers whose version contains what it names
	valid_until  BIGINT NOT NULL                 -- next moment when the clock alone may change it; 0 is never
);

CREATE TABLE change (                            -- one modification that the team wants upstream
	id    INTEGER PRIMARY KEY AUTOINCREMENT,
	title TEXT NOT NULL,                         -- subject of its newest sighting
	ours  BOOLEAN NOT NULL                       -- carried, posted by the team, or said to be ours
);
CREATE INDEX change_ours ON change (ours);

CREATE TABLE sighting (                          -- one place where a change was seen
	id          INTEGER PRIMARY KEY,
	change_id   BIGINT NOT NULL REFERENCES change (id) ON DELETE CASCADE,
	kind        TEXT NOT NULL,                   -- carried, posted, offered, elsewhere, committed, queued, dropped
	natural_key TEXT NOT NULL,                   -- change.CarriedKey, PostedKey, OfferedKey, ElsewhereKey or CommitKey
	source      TEXT NOT NULL,                   -- name of the layer, list or project
	branch      TEXT NOT NULL,                   -- of the layer, or that a posting is meant for; ''
	path        TEXT NOT NULL,                   -- of the patch file; ''
	recipe      TEXT NOT NULL,                   -- PN; ''
	subject     TEXT NOT NULL,                   -- as seen there
	author      TEXT NOT NULL,                   -- address, lower case
	seen        BIGINT NOT NULL,                 -- added, posted or committed
	note        TEXT NOT NULL,                   -- in words
	UNIQUE (natural_key, change_id)
);
CREATE INDEX sighting_change ON sighting (change_id, seen);
CREATE INDEX sighting_kind ON sighting (kind, seen);

CREATE TABLE match (                             -- answer of the engine for one sighting in one project
	id           INTEGER PRIMARY KEY,
	sighting_key TEXT NOT NULL,                  -- what was looked for
	project      TEXT NOT NULL,                  -- name of the project source
	tips         TEXT NOT NULL,                  -- fingerprint of the searched tips and of the patch
	verdict      TEXT NOT NULL,                  -- merged, probable, none
	commit_hash  TEXT NOT NULL,                  -- '' with none
	commits      TEXT NOT NULL,                  -- JSON list: all that hold the change, commit_hash first
	confidence   DOUBLE PRECISION NOT NULL,      -- from 0 to 1
	method       TEXT NOT NULL,                  -- what decided: patch-id, hunks, lines ...
	subject      TEXT NOT NULL,                  -- of the commit
	author       TEXT NOT NULL,                  -- of the commit
	commit_time  BIGINT NOT NULL,                -- of the commit
	reverted_by  TEXT NOT NULL,                  -- hash; '' if it stands
	queued       BOOLEAN NOT NULL,               -- on staging branches only
	branches     TEXT NOT NULL,                  -- JSON list
	tags         TEXT NOT NULL,                  -- JSON list, oldest version first
	evidence     TEXT NOT NULL,                  -- JSON list of kind, score, weight, detail
	UNIQUE (sighting_key, project)
);
CREATE INDEX match_commit ON match (project, commit_hash);
CREATE INDEX match_verdict ON match (verdict, sighting_key);

CREATE TABLE likeness (                          -- why two sightings are one change, or changes near each other
	id       INTEGER PRIMARY KEY,
	a        TEXT NOT NULL,                      -- key of a sighting, the smaller of the two
	b        TEXT NOT NULL,                      -- key of the other
	same     TEXT NOT NULL,                      -- identical, patch-id, changes, near; title where no diffs could be compared
	score    DOUBLE PRECISION NOT NULL,          -- from 0 to 1
	evidence TEXT NOT NULL,                      -- JSON list of kind, score, weight, detail
	UNIQUE (a, b)
);
CREATE INDEX likeness_b ON likeness (b);

CREATE TABLE nested (                            -- a patch file that a posted patch adds or edits
	id            INTEGER PRIMARY KEY,
	natural_key   TEXT NOT NULL UNIQUE,          -- change.OfferedKey
	message_id    TEXT NOT NULL,                 -- of the posted patch
	path          TEXT NOT NULL,                 -- in the layer
	recipes       TEXT NOT NULL,                 -- JSON list: PNs that it may be for, the likeliest first
	subject       TEXT NOT NULL,                 -- of the patch in the file
	author        TEXT NOT NULL,                 -- of the same, address, lower case
	status        TEXT NOT NULL,                 -- what its Upstream-Status claims: the word, missing or malformed
	status_detail TEXT NOT NULL,                 -- what follows the word; of a malformed one the line
	problem       TEXT NOT NULL                  -- why there is no patch to compare; '' if there is
);
CREATE INDEX nested_message ON nested (message_id);

CREATE TABLE twin (                              -- a patch file that an upstream layer has or had, like one of ours
	id           INTEGER PRIMARY KEY,
	sighting_key TEXT NOT NULL,                  -- of ours: carried, offered or posted
	natural_key  TEXT NOT NULL,                  -- change.ElsewhereKey
	layer        TEXT NOT NULL,                  -- name of the layer source
	branch       TEXT NOT NULL,                  -- of the layer
	path         TEXT NOT NULL,                  -- in the repository; where it was last
	blob         TEXT NOT NULL,                  -- of its version that is most like ours
	one          BOOLEAN NOT NULL,               -- it is the same change; else one near it
	came_commit  TEXT NOT NULL,                  -- that first brought a version that is like ours
	came         BIGINT NOT NULL,                -- when
	went_commit  TEXT NOT NULL,                  -- that took the last such version away; '' while the branch has one
	went         BIGINT NOT NULL,                -- when; 0 while the branch has one
	same         TEXT NOT NULL,                  -- identical, patch-id, changes, near
	score        DOUBLE PRECISION NOT NULL,      -- from 0 to 1
	evidence     TEXT NOT NULL,                  -- JSON list of kind, score, weight, detail
	UNIQUE (sighting_key, layer, branch)
);
CREATE INDEX twin_key ON twin (natural_key);

CREATE TABLE claim (                             -- what a file or a mail says of a change
	id           INTEGER PRIMARY KEY,
	sighting_key TEXT NOT NULL,                  -- what is spoken of
	kind         TEXT NOT NULL,                  -- Upstream-Status word, missing, malformed, applied
	detail       TEXT NOT NULL,                  -- the rest of the line, or who says so
	origin       TEXT NOT NULL,                  -- path of the file, or message-id of the mail
	said         BIGINT NOT NULL,                -- when: the file was touched, or the mail sent
	UNIQUE (sighting_key, origin)
);

CREATE TABLE decision (                          -- what a person said: append-only
	id      INTEGER PRIMARY KEY,
	kind    TEXT NOT NULL,                       -- as change.DecisionKind
	subject TEXT NOT NULL,                       -- key of a sighting
	object  TEXT NOT NULL,                       -- key of a commit or sighting, or name of a person
	note    TEXT NOT NULL,                       -- why, in words
	person  TEXT NOT NULL,                       -- name of the account
	decided BIGINT NOT NULL                      -- when
);
CREATE INDEX decision_subject ON decision (subject);
CREATE INDEX decision_object ON decision (object);

CREATE TABLE flag (                              -- what a test of a carried or posted patch against a version found
	id           INTEGER PRIMARY KEY,
	sighting_key TEXT NOT NULL,                  -- key of the carried or posted patch
	role         TEXT NOT NULL,                  -- pinned, newest, branch, outlook
	version      TEXT NOT NULL,                  -- as shown: a tag, a branch, the version of an upstream layer
	input        TEXT NOT NULL,                  -- fingerprint of queue and version: same input, same outcome
	outcome      TEXT NOT NULL,                  -- as in the rebase command; of an outlook kept, refreshed, dropped
	detail       TEXT NOT NULL,                  -- file and line, and the commits that touched it
	found        BIGINT NOT NULL,                -- commit time of the tested version
	commit_hash  TEXT NOT NULL,                  -- that has the change, or broke the patch first; ''
	since        TEXT NOT NULL,                  -- first version with this outcome; '' where it is not known
	since_time   BIGINT NOT NULL,                -- commit time of that version or commit; 0
	three_way    TEXT NOT NULL,                  -- clean, conflict; ''
	hunks        TEXT NOT NULL,                  -- JSON list of rebase.HunkResult; of an outlook an object of likelihoods
	UNIQUE (sighting_key, role)
);

CREATE TABLE move (                              -- a version that moved: of a layer's recipe, or of a project
	id           INTEGER PRIMARY KEY,
	source_id    BIGINT NOT NULL REFERENCES source (id) ON DELETE CASCADE,
	branch       TEXT NOT NULL,                  -- of the layer; '' for a project
	kind         TEXT NOT NULL,                  -- as layer.MoveKind; of a project tag, retag
	name         TEXT NOT NULL,                  -- PN of the recipe, name of the project
	file         TEXT NOT NULL,                  -- path of the recipe after the move; ''
	old_version  TEXT NOT NULL,                  -- [PE:]PV before, or tag
	new_version  TEXT NOT NULL,                  -- [PE:]PV after, or tag
	old_rev      TEXT NOT NULL,                  -- SRCREV before, or commit of the tag; ''
	new_rev      TEXT NOT NULL,                  -- SRCREV after, or commit of the tag; ''
	back         BOOLEAN NOT NULL,               -- to an older version
	commit_hash  TEXT NOT NULL,                  -- that moved it
	moved        BIGINT NOT NULL,                -- its commit time
	patches      TEXT NOT NULL,                  -- JSON list of layer.PatchMove
	UNIQUE (source_id, branch, kind, name, file, commit_hash, new_version)
);
CREATE INDEX move_name ON move (name, moved);
CREATE INDEX move_moved ON move (moved);

CREATE TABLE behind (                            -- how the version of a local recipe stands to those of upstream layers and its project
	id          INTEGER PRIMARY KEY,
	source_id   BIGINT NOT NULL REFERENCES source (id) ON DELETE CASCADE,
	file        TEXT NOT NULL,                   -- path of the recipe
	name        TEXT NOT NULL,                   -- PN
	version     TEXT NOT NULL,                   -- [PE:]PV; '' where it is not known
	floating    BOOLEAN NOT NULL,                -- it builds whatever is newest (AUTOREV)
	upstream    TEXT NOT NULL,                   -- JSON list of pipeline.OtherVersion
	project     TEXT NOT NULL,                   -- name of the configured project; ''
	tag         TEXT NOT NULL,                   -- that the version stands for; ''
	newest      TEXT NOT NULL,                   -- tag of the newest release; ''
	newest_time BIGINT NOT NULL,                 -- its commit time; 0
	newer       BOOLEAN NOT NULL,                -- the newest release is newer
	remote      TEXT NOT NULL,                   -- git address of its source that no project is configured for; ''
	since       BIGINT NOT NULL,                 -- first time that there was something newer; 0
	UNIQUE (source_id, file, name)
);

CREATE TABLE plan (                              -- what a move of the upstream layers means for ours
	target TEXT PRIMARY KEY,                     -- branch or tag that they move to
	made   BIGINT NOT NULL,                      -- when
	input  TEXT NOT NULL,                        -- fingerprint of layers, projects and people: same input, same plan
	body   TEXT NOT NULL                         -- JSON of plan.Plan
);

CREATE TABLE standing (                          -- one change in one layer branch, or at one upstream
	id        INTEGER PRIMARY KEY,
	change_id BIGINT NOT NULL REFERENCES change (id) ON DELETE CASCADE,
	place     TEXT NOT NULL,                     -- layer@branch, or name of list or project
	local     BOOLEAN NOT NULL,                  -- a local layer
	UNIQUE (change_id, place)
);
CREATE INDEX standing_place ON standing (place);

CREATE TABLE status (                            -- cache: what the rules say of a standing; only judge writes it
	standing_id BIGINT PRIMARY KEY REFERENCES standing (id) ON DELETE CASCADE,
	status      TEXT NOT NULL,                   -- as change.Status
	reason      TEXT NOT NULL,                   -- why, in words
	action      TEXT NOT NULL,                   -- as change.Action; '' for nothing to do
	why         TEXT NOT NULL,                   -- why this action, in words
	owner       TEXT NOT NULL,                   -- name of who has to act; '' for nobody
	since       BIGINT NOT NULL,                 -- since when the status holds
	valid_until BIGINT NOT NULL,                 -- next moment when the clock alone may change it; 0 is never
	inputs      TEXT NOT NULL                    -- fingerprint of all that the rules looked at
);
CREATE INDEX status_action ON status (action, owner);
CREATE INDEX status_owner ON status (owner);
CREATE INDEX status_valid_until ON status (valid_until) WHERE valid_until > 0;

CREATE TABLE unjudged (                          -- what was written since the last judging: triggers fill it, so that no writer can forget
	id      INTEGER PRIMARY KEY,
	written TEXT NOT NULL                        -- name of the table
);
CREATE INDEX unjudged_written ON unjudged (written);

-- Not among these columns are those that the judge stage itself writes.
-- +goose StatementBegin
CREATE TRIGGER unjudged_message_update AFTER UPDATE OF message_id, from_name, from_address, sent, list, title, signers, kind, posting_id, part ON message WHEN NOT EXISTS (SELECT 1 FROM unjudged WHERE written = 'message') BEGIN INSERT INTO unjudged (written) VALUES ('message'); END;
CREATE TRIGGER unjudged_series_insert AFTER INSERT ON series WHEN NOT EXISTS (SELECT 1 FROM unjudged WHERE written = 'series') BEGIN INSERT INTO unjudged (written) VALUES ('series'); END;
CREATE TRIGGER unjudged_series_update AFTER UPDATE OF natural_key, title, list, taken_over, last_sign ON series WHEN NOT EXISTS (SELECT 1 FROM unjudged WHERE written = 'series') BEGIN INSERT INTO unjudged (written) VALUES ('series'); END;
CREATE TRIGGER unjudged_series_delete AFTER DELETE ON series WHEN NOT EXISTS (SELECT 1 FROM unjudged WHERE written = 'series') BEGIN INSERT INTO unjudged (written) VALUES ('series'); END;
CREATE TRIGGER unjudged_posting_insert AFTER INSERT ON posting WHEN NOT EXISTS (SELECT 1 FROM unjudged WHERE written = 'posting') BEGIN INSERT INTO unjudged (written) VALUES ('posting'); END;
CREATE TRIGGER unjudged_posting_update AFTER UPDATE OF natural_key, series_id, position, version, total, list, title, author_name, author, posted, cover, rfc, resend, flaw, review, needs, change_id ON posting WHEN NOT EXISTS (SELECT 1 FROM unjudged WHERE written = 'posting') BEGIN INSERT INTO unjudged (written) VALUES ('posting'); END;
CREATE TRIGGER unjudged_posting_delete AFTER DELETE ON posting WHEN NOT EXISTS (SELECT 1 FROM unjudged WHERE written = 'posting') BEGIN INSERT INTO unjudged (written) VALUES ('posting'); END;
CREATE TRIGGER unjudged_recipe_insert AFTER INSERT ON recipe WHEN NOT EXISTS (SELECT 1 FROM unjudged WHERE written = 'recipe') BEGIN INSERT INTO unjudged (written) VALUES ('recipe'); END;
CREATE TRIGGER unjudged_recipe_update AFTER UPDATE ON recipe WHEN NOT EXISTS (SELECT 1 FROM unjudged WHERE written = 'recipe') BEGIN INSERT INTO unjudged (written) VALUES ('recipe'); END;
CREATE TRIGGER unjudged_recipe_delete AFTER DELETE ON recipe WHEN NOT EXISTS (SELECT 1 FROM unjudged WHERE written = 'recipe') BEGIN INSERT INTO unjudged (written) VALUES ('recipe'); END;
CREATE TRIGGER unjudged_carried_insert AFTER INSERT ON carried WHEN NOT EXISTS (SELECT 1 FROM unjudged WHERE written = 'carried') BEGIN INSERT INTO unjudged (written) VALUES ('carried'); END;
CREATE TRIGGER unjudged_carried_update AFTER UPDATE ON carried WHEN NOT EXISTS (SELECT 1 FROM unjudged WHERE written = 'carried') BEGIN INSERT INTO unjudged (written) VALUES ('carried'); END;
CREATE TRIGGER unjudged_carried_delete AFTER DELETE ON carried WHEN NOT EXISTS (SELECT 1 FROM unjudged WHERE written = 'carried') BEGIN INSERT INTO unjudged (written) VALUES ('carried'); END;
CREATE TRIGGER unjudged_change_insert AFTER INSERT ON change WHEN NOT EXISTS (SELECT 1 FROM unjudged WHERE written = 'change') BEGIN INSERT INTO unjudged (written) VALUES ('change'); END;
CREATE TRIGGER unjudged_change_update AFTER UPDATE ON change WHEN NOT EXISTS (SELECT 1 FROM unjudged WHERE written = 'change') BEGIN INSERT INTO unjudged (written) VALUES ('change'); END;
CREATE TRIGGER unjudged_change_delete AFTER DELETE ON change WHEN NOT EXISTS (SELECT 1 FROM unjudged WHERE written = 'change') BEGIN INSERT INTO unjudged (written) VALUES ('change'); END;
CREATE TRIGGER unjudged_sighting_insert AFTER INSERT ON sighting WHEN NOT EXISTS (SELECT 1 FROM unjudged WHERE written = 'sighting') BEGIN INSERT INTO unjudged (written) VALUES ('sighting'); END;
CREATE TRIGGER unjudged_sighting_update AFTER UPDATE ON sighting WHEN NOT EXISTS (SELECT 1 FROM unjudged WHERE written = 'sighting') BEGIN INSERT INTO unjudged (written) VALUES ('sighting'); END;
CREATE TRIGGER unjudged_sighting_delete AFTER DELETE ON sighting WHEN NOT EXISTS (SELECT 1 FROM unjudged WHERE written = 'sighting') BEGIN INSERT INTO unjudged (written) VALUES ('sighting'); END;
CREATE TRIGGER unjudged_standing_insert AFTER INSERT ON standing WHEN NOT EXISTS (SELECT 1 FROM unjudged WHERE written = 'standing') BEGIN INSERT INTO unjudged (written) VALUES ('standing'); END;
CREATE TRIGGER unjudged_standing_update AFTER UPDATE ON standing WHEN NOT EXISTS (SELECT 1 FROM unjudged WHERE written = 'standing') BEGIN INSERT INTO unjudged (written) VALUES ('standing'); END;
CREATE TRIGGER unjudged_standing_delete AFTER DELETE ON standing WHEN NOT EXISTS (SELECT 1 FROM unjudged WHERE written = 'standing') BEGIN INSERT INTO unjudged (written) VALUES ('standing'); END;
CREATE TRIGGER unjudged_match_insert AFTER INSERT ON "match" WHEN NOT EXISTS (SELECT 1 FROM unjudged WHERE written = 'match') BEGIN INSERT INTO unjudged (written) VALUES ('match'); END;
CREATE TRIGGER unjudged_match_update AFTER UPDATE ON "match" WHEN NOT EXISTS (SELECT 1 FROM unjudged WHERE written = 'match') BEGIN INSERT INTO unjudged (written) VALUES ('match'); END;
CREATE TRIGGER unjudged_match_delete AFTER DELETE ON "match" WHEN NOT EXISTS (SELECT 1 FROM unjudged WHERE written = 'match') BEGIN INSERT INTO unjudged (written) VALUES ('match'); END;
CREATE TRIGGER unjudged_claim_insert AFTER INSERT ON claim WHEN NOT EXISTS (SELECT 1 FROM unjudged WHERE written = 'claim') BEGIN INSERT INTO unjudged (written) VALUES ('claim'); END;
CREATE TRIGGER unjudged_claim_update AFTER UPDATE ON claim WHEN NOT EXISTS (SELECT 1 FROM unjudged WHERE written = 'claim') BEGIN INSERT INTO unjudged (written) VALUES ('claim'); END;
CREATE TRIGGER unjudged_claim_delete AFTER DELETE ON claim WHEN NOT EXISTS (SELECT 1 FROM unjudged WHERE written = 'claim') BEGIN INSERT INTO unjudged (written) VALUES ('claim'); END;
CREATE TRIGGER unjudged_flag_insert AFTER INSERT ON flag WHEN NOT EXISTS (SELECT 1 FROM unjudged WHERE written = 'flag') BEGIN INSERT INTO unjudged (written) VALUES ('flag'); END;
CREATE TRIGGER unjudged_flag_update AFTER UPDATE ON flag WHEN NOT EXISTS (SELECT 1 FROM unjudged WHERE written = 'flag') BEGIN INSERT INTO unjudged (written) VALUES ('flag'); END;
CREATE TRIGGER unjudged_flag_delete AFTER DELETE ON flag WHEN NOT EXISTS (SELECT 1 FROM unjudged WHERE written = 'flag') BEGIN INSERT INTO unjudged (written) VALUES ('flag'); END;
CREATE TRIGGER unjudged_named_insert AFTER INSERT ON named WHEN NOT EXISTS (SELECT 1 FROM unjudged WHERE written = 'named') BEGIN INSERT INTO unjudged (written) VALUES ('named'); END;
CREATE TRIGGER unjudged_named_update AFTER UPDATE ON named WHEN NOT EXISTS (SELECT 1 FROM unjudged WHERE written = 'named') BEGIN INSERT INTO unjudged (written) VALUES ('named'); END;
CREATE TRIGGER unjudged_named_delete AFTER DELETE ON named WHEN NOT EXISTS (SELECT 1 FROM unjudged WHERE written = 'named') BEGIN INSERT INTO unjudged (written) VALUES ('named'); END;
CREATE TRIGGER unjudged_duplicate_insert AFTER INSERT ON duplicate WHEN NOT EXISTS (SELECT 1 FROM unjudged WHERE written = 'duplicate') BEGIN INSERT INTO unjudged (written) VALUES ('duplicate'); END;
CREATE TRIGGER unjudged_duplicate_update AFTER UPDATE ON duplicate WHEN NOT EXISTS (SELECT 1 FROM unjudged WHERE written = 'duplicate') BEGIN INSERT INTO unjudged (written) VALUES ('duplicate'); END;
CREATE TRIGGER unjudged_duplicate_delete AFTER DELETE ON duplicate WHEN NOT EXISTS (SELECT 1 FROM unjudged WHERE written = 'duplicate') BEGIN INSERT INTO unjudged (written) VALUES ('duplicate'); END;
CREATE TRIGGER unjudged_decision_insert AFTER INSERT ON decision WHEN NOT EXISTS (SELECT 1 FROM unjudged WHERE written = 'decision') BEGIN INSERT INTO unjudged (written) VALUES ('decision'); END;
CREATE TRIGGER unjudged_decision_update AFTER UPDATE ON decision WHEN NOT EXISTS (SELECT 1 FROM unjudged WHERE written = 'decision') BEGIN INSERT INTO unjudged (written) VALUES ('decision'); END;
CREATE TRIGGER unjudged_decision_delete AFTER DELETE ON decision WHEN NOT EXISTS (SELECT 1 FROM unjudged WHERE written = 'decision') BEGIN INSERT INTO unjudged (written) VALUES ('decision'); END;
CREATE TRIGGER unjudged_mirror_tip_insert AFTER INSERT ON mirror_tip WHEN NOT EXISTS (SELECT 1 FROM unjudged WHERE written = 'mirror_tip') BEGIN INSERT INTO unjudged (written) VALUES ('mirror_tip'); END;
CREATE TRIGGER unjudged_mirror_tip_update AFTER UPDATE ON mirror_tip WHEN NOT EXISTS (SELECT 1 FROM unjudged WHERE written = 'mirror_tip') BEGIN INSERT INTO unjudged (written) VALUES ('mirror_tip'); END;
CREATE TRIGGER unjudged_mirror_tip_delete AFTER DELETE ON mirror_tip WHEN NOT EXISTS (SELECT 1 FROM unjudged WHERE written = 'mirror_tip') BEGIN INSERT INTO unjudged (written) VALUES ('mirror_tip'); END;
CREATE TRIGGER unjudged_status_delete AFTER DELETE ON status WHEN NOT EXISTS (SELECT 1 FROM unjudged WHERE written = 'status') BEGIN INSERT INTO unjudged (written) VALUES ('status'); END;
-- +goose StatementEnd

CREATE TABLE effort (                            -- a named goal that groups changes
	id   INTEGER PRIMARY KEY,
	name TEXT NOT NULL UNIQUE,                   -- as people call it
	goal TEXT NOT NULL                           -- one sentence
);

CREATE TABLE effort_change (                     -- which changes an effort groups, by one of their sightings
	effort_id    BIGINT NOT NULL REFERENCES effort (id) ON DELETE CASCADE,
	sighting_key TEXT NOT NULL,                  -- of any sighting of the change
	PRIMARY KEY (effort_id, sighting_key)
);

CREATE TABLE account (                           -- who may log in
	id       INTEGER PRIMARY KEY,
	name     TEXT NOT NULL UNIQUE,               -- to log in with
	password TEXT NOT NULL,                      -- argon2id in PHC form; '' until it is set
	created  BIGINT NOT NULL                     -- when it was added
);

CREATE TABLE login_link (                        -- one-time links to set a password
	token_hash TEXT PRIMARY KEY,                 -- sha256 of the token, hex
	account_id BIGINT NOT NULL REFERENCES account (id) ON DELETE CASCADE,
	expires    BIGINT NOT NULL                   -- from then on it is void
);

CREATE TABLE session (                           -- web sessions
	token_hash TEXT PRIMARY KEY,                 -- sha256 of the cookie's token, hex
	data       BLOB NOT NULL,                    -- as the session library packs it
	expires    BIGINT NOT NULL                   -- from then on it is void
);
CREATE INDEX session_expires ON session (expires);

-- +goose Down
DROP TABLE session;
DROP TABLE login_link;
DROP TABLE account;
DROP TABLE effort_change;
DROP TABLE effort;
DROP TABLE status;
DROP TABLE standing;
DROP TABLE plan;
DROP TABLE behind;
DROP TABLE move;
DROP TABLE flag;
DROP TABLE decision;
DROP TABLE claim;
DROP TABLE twin;
DROP TABLE nested;
DROP TABLE likeness;
DROP TABLE match;
DROP TABLE sighting;
DROP TABLE change;
DROP TABLE truth;
DROP TABLE named;
DROP TABLE trend;
DROP TABLE duplicate;
DROP TABLE carried;
DROP TABLE recipe;
DROP TABLE trailer;
DROP TABLE posting;
DROP TABLE series;
DROP TABLE loose;
DROP TABLE tie;
DROP TABLE message_words;
DROP TABLE message;
DROP TABLE unread;
DROP TABLE delivery;
DROP TABLE raw_mail;
DROP TABLE cursor;
DROP TABLE ref_move;
DROP TABLE mirror_tip;
DROP TABLE source;
DROP TABLE unjudged;
