-- A user's name and metadata and then id, e, q, t, v, f of every sample, the oldest first; nothing for a
-- user that is gone.
local function samples_of(gen, user)
  local held, row = redis.call('HMGET', args.base .. 'u:' .. gen .. ':' .. user, 'b', 'j', 'i'), {}
  if not held[3] then return row end
  row[1], row[2] = held[1] or '', held[2] or ''
  for id in string.gmatch(held[3], '%S+') do
    local sample = redis.call('HMGET', args.base .. 's:' .. gen .. ':' .. id, 'e', 'q', 't', 'v', 'f')
    row[#row + 1] = id
    for part = 1, 4 do row[#row + 1] = sample[part] end
    row[#row + 1] = sample[5] or ''
  end
  return row
end
