"""The scripts. Each runs as one step inside the server, so a write is whole or absent.

Keys that depend on what is stored (samples, users) are made inside a script from the base in
ARGV: they carry the same hash tag as the declared ones and so live on the same cluster slot.
Times are microseconds since 1970 as text: a Lua number would lose digits.
"""

from __future__ import annotations

# Shared by the writes: KEYS 1 meta, 2 log, 3 receipt; ARGV 1 base, 2 nonce, 3 model, 4 receipt's
# seconds, 5 log length, 6 fingerprint of the request, 7 the shard's layout where the server
# searches (see redis_search), else ''.
_WRITE_HEAD = """
if ARGV[7] ~= '' and redis.call('HGET', 'facesvc:{@shard}', 'layout') ~= ARGV[7] then
  return {'SHARD', ''}
end
local done = redis.call('GET', KEYS[3])
if done then return {'REPLAY', done} end
local base, nonce, model = ARGV[1], ARGV[2], ARGV[3]
local meta = redis.call('HMGET', KEYS[1], 'seq', 'last', 'model', 'gen')
local seq = string.format('%.0f', tonumber(meta[1] or '0') + 1)
local last, bound, gen = meta[2] or '', meta[3], meta[4] or '0'
-- A link of the chain stands for the whole history before it, even where a write is sent again to
-- another history.
local link = string.sub(redis.sha1hex(last .. nonce), 1, 16)
local clock = redis.call('TIME')
local now = clock[1] .. string.format('%06d', clock[2])

-- The log comes first: should it refuse, nothing has been written. It refuses an id that is not
-- above its last one, which happens only after meta was lost without it; then it starts anew and
-- every follower loads afresh, because the links do not chain. Any other error is the answer.
local function append(...)
  local id = seq .. '-0'
  local made = redis.pcall('XADD', KEYS[2], 'MAXLEN', '~', ARGV[5], id,
                           'k', link, 'p', last, 'g', gen, ...)
  if type(made) == 'table' and made.err then
    if not string.find(made.err, 'equal or smaller') then return made end
    redis.call('DEL', KEYS[2])
    redis.call('XADD', KEYS[2], id, 'k', link, 'p', last, 'g', gen, ...)
  end
end

local function finish(receipt)
  redis.call('HSET', KEYS[1], 'seq', seq, 'last', link)
  redis.call('SET', KEYS[3], receipt .. ' ' .. ARGV[6], 'EX', ARGV[4])
  return {'OK', receipt .. ' ' .. ARGV[6]}
end

local function split(ids)
  local list = {}
  for id in string.gmatch(ids or '', '%S+') do list[#list + 1] = id end
  return list
end
"""

# ARGV 8 user, 9 sample, 10 embedding, 11 quality, 12 name, 13 metadata, 14 mode, 15 expected
# version or '', 16 most samples, 17 sample's time or '', 18 user's time or ''. Fields of a sample:
# u user, e embedding, q quality, t created, v version and, where the server searches, c the tag
# of its collection; of a user: b name, j metadata, i sample ids, t created, w updated, v version.
ENROLL = (
    _WRITE_HEAD
    + """
if bound and bound ~= model then return {'MODEL', bound} end
local user, sample, add = ARGV[8], ARGV[9], ARGV[14] == 'add'
local record = base .. 'u:' .. gen .. ':' .. user
local held = redis.call('HMGET', record, 'v', 'i', 't')
if ARGV[15] ~= '' and ARGV[15] ~= (held[1] or '0') then return {'CONFLICT', held[1] or '0'} end
local ids, removed = split(held[2]), 0
if add and #ids >= tonumber(ARGV[16]) then return {'FULL', tostring(#ids)} end
if not add then removed = #ids end
local count = #ids - removed + 1
local refused = append('o', add and 'add' or 'put', 'u', user, 's', sample, 'n', count,
                       'm', bound and '' or model)
if refused then return refused end
if not add then
  for _, id in ipairs(ids) do redis.call('DEL', base .. 's:' .. gen .. ':' .. id) end
  ids = {}
end
ids[#ids + 1] = sample
local made = ARGV[17] ~= '' and ARGV[17] or now
local since = held[3] or (ARGV[18] ~= '' and ARGV[18] or now)
redis.call('HSET', base .. 's:' .. gen .. ':' .. sample,
           'u', user, 'e', ARGV[10], 'q', ARGV[11], 't', made, 'v', seq)
redis.call('HSET', record, 'i', table.concat(ids, ' '), 't', since, 'w', now, 'v', seq)
if ARGV[12] ~= '' or not add then redis.call('HSET', record, 'b', ARGV[12]) end
if ARGV[13] ~= '' or not add then redis.call('HSET', record, 'j', ARGV[13]) end
redis.call('SADD', base .. 'users:' .. gen, user)
if ARGV[7] ~= '' then
  redis.call('HSET', base .. 's:' .. gen .. ':' .. sample, 'c', redis.sha1hex(base .. gen))
  redis.call('ZADD', base .. 'order:' .. gen, 0, user)
  redis.call('HINCRBY', KEYS[1], 'samples', 1 - removed)
end
if not bound then redis.call('HSET', KEYS[1], 'model', model) end
return finish(seq .. ' ' .. sample .. ' ' .. count .. ' ' .. removed)
"""
)

# ARGV 8 user, 9 expected version or ''.
DELETE = (
    _WRITE_HEAD
    + """
if bound and bound ~= model then return {'MODEL', bound} end
local user = ARGV[8]
local record = base .. 'u:' .. gen .. ':' .. user
local held = redis.call('HMGET', record, 'v', 'i')
if not held[1] then return {'ABSENT', ''} end
if ARGV[9] ~= '' and ARGV[9] ~= held[1] then return {'CONFLICT', held[1]} end
local ids = split(held[2])
local refused = append('o', 'del', 'u', user)
if refused then return refused end
for _, id in ipairs(ids) do redis.call('DEL', base .. 's:' .. gen .. ':' .. id) end
redis.call('DEL', record)
redis.call('SREM', base .. 'users:' .. gen, user)
if ARGV[7] ~= '' then
  redis.call('ZREM', base .. 'order:' .. gen, user)
  redis.call('HINCRBY', KEYS[1], 'samples', -#ids)
end
return finish(seq .. ' - 0 ' .. #ids)
"""
)

DROP = (
    _WRITE_HEAD
    + """
if not bound then return {'ABSENT', ''} end
local refused = append('o', 'drop')
if refused then return refused end
redis.call('HSET', KEYS[1], 'gen', string.format('%.0f', tonumber(gen) + 1))
redis.call('HDEL', KEYS[1], 'model', 'samples')
redis.call('SADD', base .. 'garbage', gen)
return finish(seq .. ' - 0 0')
"""
)

# KEYS 1 the set of a deleted generation's users; ARGV 1 base, 2 generation, 3 users a step.
# Returns how many users are left, and how many samples went so far, whoever sweeps.
SWEEP = """
local base, gen, gone = ARGV[1], ARGV[2], 0
for _, user in ipairs(redis.call('SPOP', KEYS[1], ARGV[3])) do
  local record = base .. 'u:' .. gen .. ':' .. user
  for id in string.gmatch(redis.call('HGET', record, 'i') or '', '%S+') do
    gone = gone + redis.call('UNLINK', base .. 's:' .. gen .. ':' .. id)
  end
  redis.call('UNLINK', record)
end
local swept = base .. 'swept:' .. gen
local all = redis.call('INCRBY', swept, gone)
redis.call('EXPIRE', swept, 3600)
local left = redis.call('SCARD', KEYS[1])
if left == 0 then
  redis.call('DEL', base .. 'order:' .. gen)
  redis.call('SREM', base .. 'garbage', gen)
end
return {left, all}
"""

# KEYS 1 the set of users, 2 meta; ARGV 1 base, 2 generation, 3 cursor, 4 count. Returns seq and
# last, the next cursor, for each user in turn user, b, j, t, w, v and i, and the embeddings of all
# their samples, '' for one that is gone. Counters instead of "#": a load is this script's time.
LOAD = """
local call, base, gen = redis.call, ARGV[1], ARGV[2]
local record, sample = base .. 'u:' .. gen .. ':', base .. 's:' .. gen .. ':'
local page = call('SSCAN', KEYS[1], ARGV[3], 'COUNT', ARGV[4])
local rows, embeddings, n, m = {}, {}, 0, 0
for _, user in ipairs(page[2]) do
  local held = call('HMGET', record .. user, 'b', 'j', 't', 'w', 'v', 'i')
  if held[5] then
    rows[n + 1], rows[n + 2], rows[n + 3], rows[n + 4] = user, held[1] or '', held[2] or '', held[3]
    rows[n + 5], rows[n + 6], rows[n + 7] = held[4], held[5], held[6]
    n = n + 7
    for id in string.gmatch(held[6], '%S+') do
      m = m + 1
      embeddings[m] = call('HGET', sample .. id, 'e') or ''
    end
  end
end
local at = call('HMGET', KEYS[2], 'seq', 'last')
return {at[1] or '0', at[2] or '', page[1], rows, embeddings}
"""

# KEYS 1 meta; ARGV 1 base, then generation, user, sample of each write. Returns seq and last, and
# for each write the user's b, j, t, w, v and the sample's id, e, q, t, v: the named one or, when
# that is gone, the user's first; false for what no longer exists.
FETCH = """
local base = ARGV[1]
local at = redis.call('HMGET', KEYS[1], 'seq', 'last')
local found = {at[1] or '0', at[2] or ''}
for at = 2, #ARGV, 3 do
  local gen, id = ARGV[at], ARGV[at + 2]
  local user = redis.call('HMGET', base .. 'u:' .. gen .. ':' .. ARGV[at + 1],
                          'b', 'j', 't', 'w', 'v', 'i')
  local sample = redis.call('HMGET', base .. 's:' .. gen .. ':' .. id, 'e', 'q', 't', 'v')
  if not sample[1] and user[6] then
    id = string.match(user[6], '%S+')
    sample = redis.call('HMGET', base .. 's:' .. gen .. ':' .. id, 'e', 'q', 't', 'v')
  end
  found[#found + 1] = {user[1] or '', user[2] or '', user[3], user[4], user[5],
                       id, sample[1], sample[2], sample[3], sample[4]}
end
return found
"""

# KEYS 1 meta; ARGV 1 base, then users. Returns for each a list of name, metadata and then id, e,
# q, t, v of every sample, the oldest first; an empty list for a user that is gone.
SAMPLES = """
local base, found = ARGV[1], {}
local gen = redis.call('HGET', KEYS[1], 'gen') or '0'
for at = 2, #ARGV do
  local user, row = redis.call('HMGET', base .. 'u:' .. gen .. ':' .. ARGV[at], 'b', 'j', 'i'), {}
  if user[3] then
    row[1], row[2] = user[1] or '', user[2] or ''
    for id in string.gmatch(user[3], '%S+') do
      local sample = redis.call('HMGET', base .. 's:' .. gen .. ':' .. id, 'e', 'q', 't', 'v')
      row[#row + 1] = id
      for part = 1, 4 do row[#row + 1] = sample[part] end
    end
  end
  found[#found + 1] = row
end
return found
"""

# KEYS 1 a hash; ARGV field, old, new, and so on. Replaces each value that is still the old one.
RESEAL = """
local replaced = 0
for at = 1, #ARGV, 3 do
  if redis.call('HGET', KEYS[1], ARGV[at]) == ARGV[at + 1] then
    redis.call('HSET', KEYS[1], ARGV[at], ARGV[at + 2])
    replaced = replaced + 1
  end
end
return replaced
"""

# KEYS 1 names, 2 registry log; ARGV 1 name, 2 log length. Tells every replica to look again.
REGISTER = """
redis.call('SADD', KEYS[1], ARGV[1])
return redis.call('XADD', KEYS[2], 'MAXLEN', '~', ARGV[2], '*', 'name', ARGV[1])
"""

# KEYS 1 aliases, 2 registry log; ARGV 1 alias, 2 collection or '' to forget, 3 log length.
ALIAS = """
if ARGV[2] == '' then redis.call('HDEL', KEYS[1], ARGV[1])
else redis.call('HSET', KEYS[1], ARGV[1], ARGV[2]) end
return redis.call('XADD', KEYS[2], 'MAXLEN', '~', ARGV[3], '*', 'alias', ARGV[1])
"""
