-- Answers the log's counters, and the events from one id on.
local at = redis.call('HMGET', keys.meta, 'event_epoch', 'event_seq', 'event_trimmed')
local found = {}
if tonumber(args.count) > 0 then
  found = redis.call('XRANGE', args.base .. 'events', args.first .. '-0', '+', 'COUNT', args.count)
end
return {at[1] or '', at[2] or '0', at[3] or '0', found}
