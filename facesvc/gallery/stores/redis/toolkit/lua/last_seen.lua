-- The rest are users. Answers when each was seen last, '' where there is no mark.
local gen, found = redis.call('HGET', keys.meta, 'gen') or '0', {}
for at, user in ipairs(rest) do
  found[at] = redis.call('HGET', args.base .. 'u:' .. gen .. ':' .. user, 'z') or ''
end
return found
