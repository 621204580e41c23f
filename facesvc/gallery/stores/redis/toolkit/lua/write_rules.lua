-- The write rules inside a server; write_rules.py has them for stores of one process, and
-- tests/conformance/write_rules.py drives both. A script that uses this has the keys meta and
-- receipt, and the arguments base, nonce, model, receipt_s, fingerprint, and of the write's event
-- event (its id, '' for none), event_kind, event_data and events_kept; events.lua comes before it.
--
-- Fields of a user: b name, j metadata, i sample ids, t created, w updated, v version, z seen; of a sample:
-- u user, e embedding, q quality, t created, v version, f facts (see sample_facts.py). Keys that depend on what is stored are made
-- of the base: they carry the hash tag of the declared ones, and so live on the same cluster slot.
-- Times are microseconds since 1970 as text: a Lua number would lose digits.

local function split(ids)
  local list = {}
  for id in string.gmatch(ids or '', '%S+') do list[#list + 1] = id end
  return list
end

-- The receipt of an earlier try, for a write that was sent before.
local function replayed()
  local kept = redis.call('GET', keys.receipt)
  return kept and {'REPLAY', kept}
end

-- Where the collection stands, and the version that this write makes.
local function read_collection()
  local meta = redis.call('HMGET', keys.meta, 'seq', 'last', 'model', 'gen', 'event_epoch')
  local clock, last = redis.call('TIME'), meta[2] or ''
  return {
    version = string.format('%.0f', tonumber(meta[1] or '0') + 1),
    last = last,
    -- A link stands for the whole history before it, even where a write is sent again to another.
    link = string.sub(redis.sha1hex(last .. args.nonce), 1, 16),
    recognizer = meta[3],
    gen = meta[4] or '0',
    events = meta[5],
    now = clock[1] .. string.format('%06d', clock[2]),
  }
end

-- A collection exists once somebody was enrolled in it, or once it has settings.
local function exists(collection)
  if collection.recognizer then return true end
  return redis.call('HGET', keys.meta, 'settings_gen') == collection.gen
end

local function read_user(collection, user)
  local record = args.base .. 'u:' .. collection.gen .. ':' .. user
  local held = redis.call('HMGET', record, 'v', 'i', 't')
  return {
    id = user, record = record, exists = held[1] and true or false,
    version = held[1] or '0', samples = split(held[2]), created = held[3],
  }
end

local function refuse_foreign(collection)
  local made_by = collection.recognizer
  return made_by and made_by ~= args.model and {'MODEL', made_by}
end

-- An expected version of '' is any, 0 means that the user must not exist.
local function refuse_conflict(user)
  return args.expected ~= '' and args.expected ~= user.version and {'CONFLICT', user.version}
end

local function refuse_full(user)
  local full = args.mode == 'add' and #user.samples >= tonumber(args.most_samples)
  return full and {'FULL', tostring(#user.samples)}
end

-- A collection may have a largest number of users; see put_settings.lua.
local function refuse_crowd(collection, user)
  if user.exists then return nil end
  local held = redis.call('HMGET', keys.meta, 'settings_gen', 'max_users')
  if held[1] ~= collection.gen or (held[2] or '') == '' then return nil end
  local users = redis.call('SCARD', args.base .. 'users:' .. collection.gen)
  return users >= tonumber(held[2]) and {'CROWD', held[2]}
end

local function delete_samples(collection, user)
  for _, id in ipairs(user.samples) do
    redis.call('DEL', args.base .. 's:' .. collection.gen .. ':' .. id)
  end
end

-- Writes the sample and the user; what follows are more fields of the sample. REPLACE removes the
-- earlier samples, ADD keeps the name and the metadata that it does not give.
local function store_enrolment(collection, user, ...)
  local add, ids = args.mode == 'add', {}
  if add then ids = user.samples else delete_samples(collection, user) end
  ids[#ids + 1] = args.sample
  local function or_now(time) return time ~= '' and time or collection.now end
  redis.call('HSET', args.base .. 's:' .. collection.gen .. ':' .. args.sample,
             'u', user.id, 'e', args.embedding, 'q', args.quality,
             't', or_now(args.sample_created), 'v', collection.version, ...)
  if args.facts ~= '' then
    redis.call('HSET', args.base .. 's:' .. collection.gen .. ':' .. args.sample, 'f', args.facts)
  end
  redis.call('HSET', user.record, 'i', table.concat(ids, ' '),
             't', user.created or or_now(args.user_created),
             'w', collection.now, 'v', collection.version)
  if args.name ~= '' or not add then redis.call('HSET', user.record, 'b', args.name) end
  if args.metadata ~= '' or not add then redis.call('HSET', user.record, 'j', args.metadata) end
  redis.call('SADD', args.base .. 'users:' .. collection.gen, user.id)
  if not collection.recognizer then redis.call('HSET', keys.meta, 'model', args.model) end
end

local function delete_user(collection, user)
  delete_samples(collection, user)
  redis.call('DEL', user.record)
  redis.call('SREM', args.base .. 'users:' .. collection.gen, user.id)
end

-- The next generation begins empty; what the last one holds is swept up later.
local function delete_collection(collection)
  redis.call('HSET', keys.meta, 'gen', string.format('%.0f', tonumber(collection.gen) + 1))
  redis.call('HDEL', keys.meta, 'model', 'samples', 'settings_gen', 'settings_version',
             'settings_model', 'settings', 'max_users')
  redis.call('SADD', args.base .. 'garbage', collection.gen)
end

-- Counts the write and answers with its receipt, which stays for a retry.
local function finish(collection, sample, samples, removed)
  local receipt = table.concat(
    {collection.version, sample, samples, removed, args.fingerprint}, ' ')
  redis.call('HSET', keys.meta, 'seq', collection.version, 'last', collection.link)
  redis.call('SET', keys.receipt, receipt, 'EX', args.receipt_s)
  if args.event ~= '' then
    add_event(collection.link, 'i', args.event, 'k', args.event_kind, 't', collection.now,
              'v', collection.version, 'n', samples, 'd', args.event_data)
  elseif collection.events then
    -- A log that lacks a write must not look whole: the next event begins another one.
    redis.call('HDEL', keys.meta, 'event_epoch')
  end
  return {'OK', receipt}
end
