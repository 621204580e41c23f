-- Cuts off events from before a time, as many as a step may; answers how many.
local log, gone, last = args.base .. 'events', 0, nil
for _, entry in ipairs(redis.call('XRANGE', log, '-', '+', 'COUNT', args.count)) do
  local time
  for at = 1, #entry[2], 2 do if entry[2][at] == 't' then time = entry[2][at + 1] end end
  if tonumber(time) >= tonumber(args.before) then break end
  gone, last = gone + 1, string.match(entry[1], '^%d+')
end
if gone > 0 then
  redis.call('XTRIM', log, 'MAXLEN', redis.call('XLEN', log) - gone)
  redis.call('HSET', keys.meta, 'event_trimmed', last)
end
return gone
