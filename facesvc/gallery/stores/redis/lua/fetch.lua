-- The rest is generation, user and sample of each write, '' for an edit. Answers seq and last, and for
-- each write the user's b, j, t, w, v and then id, e, q, t, v of the named sample or, when that is not
-- the user's any more, of all that the user has; for a user that is gone no more than that.
local parts = {'e', 'q', 't', 'v', 'u'}
local at = redis.call('HMGET', keys.meta, 'seq', 'last')
local found = {at[1] or '0', at[2] or ''}
for first = 1, #rest, 3 do
  local gen, user, id = rest[first], rest[first + 1], rest[first + 2]
  local function read(sample) return redis.call('HMGET', args.base .. 's:' .. gen .. ':' .. sample, unpack(parts)) end
  local held = redis.call('HMGET', args.base .. 'u:' .. gen .. ':' .. user, 'b', 'j', 't', 'w', 'v', 'i')
  local row = {held[1] or '', held[2] or '', held[3], held[4], held[5]}
  local function add(sample, kept)
    row[#row + 1] = sample
    for part = 1, 4 do row[#row + 1] = kept[part] end
  end
  if held[6] then
    local named = id ~= '' and read(id)
    if named and named[1] and (named[5] or user) == user then
      add(id, named)
    else
      for sample in string.gmatch(held[6], '%S+') do
        local kept = read(sample)
        if kept[1] then add(sample, kept) end
      end
    end
  end
  found[#found + 1] = row
end
return found
