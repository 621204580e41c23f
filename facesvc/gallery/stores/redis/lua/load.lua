-- Answers seq and last, the next cursor, for each user in turn user, b, j, t, w, v and i, and the
-- embeddings of all their samples, '' for one that is gone. Counters instead of "#": a load is this
-- script's time.
local call = redis.call
local record, sample = args.base .. 'u:' .. args.gen .. ':', args.base .. 's:' .. args.gen .. ':'
local page = call('SSCAN', keys.users, args.cursor, 'COUNT', args.count)
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
local at = call('HMGET', keys.meta, 'seq', 'last')
return {at[1] or '0', at[2] or '', page[1], rows, embeddings}
