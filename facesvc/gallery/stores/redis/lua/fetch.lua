-- The rest is generation, user and sample of each write. Answers seq and last, and for each write
-- the user's b, j, t, w, v and the sample's id, e, q, t, v: the named one or, when that is gone, the
-- user's first; false for what no longer exists.
local at = redis.call('HMGET', keys.meta, 'seq', 'last')
local found = {at[1] or '0', at[2] or ''}
for first = 1, #rest, 3 do
  local gen, id = rest[first], rest[first + 2]
  local user = redis.call('HMGET', args.base .. 'u:' .. gen .. ':' .. rest[first + 1],
                          'b', 'j', 't', 'w', 'v', 'i')
  local sample = redis.call('HMGET', args.base .. 's:' .. gen .. ':' .. id, 'e', 'q', 't', 'v')
  if not sample[1] and user[6] then
    id = string.match(user[6], '%S+')
    sample = redis.call('HMGET', args.base .. 's:' .. gen .. ':' .. id, 'e', 'q', 't', 'v')
  end
  found[#found + 1] = {user[1] or '', user[2] or '', user[3], user[4], user[5],
                       id, sample[1], sample[2], sample[3], sample[4]}
end
return found
