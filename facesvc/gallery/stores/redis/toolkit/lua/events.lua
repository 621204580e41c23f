-- Adds an event to the log under the base, whose counters are in the key meta: event_seq, event_epoch
-- (which log it is), event_trimmed (the last that was cut off). Its ids are <event_seq>-0. Fields of
-- an event: i id, k kind, c collection (where the log is nobody's), t time, v version, n samples,
-- d what else there is. Nothing here fails half-way: a server without memory refuses a
-- script's first write, and no later one.
local function add_event(epoch, ...)
  local log = args.base .. 'events'
  local id = string.format('%.0f-0', redis.call('HINCRBY', keys.meta, 'event_seq', 1))
  local made = redis.pcall('XADD', log, id, ...)
  if type(made) == 'table' and made.err then  -- the counters were lost without the log
    redis.call('DEL', log)
    redis.call('HSET', keys.meta, 'event_epoch', epoch)
    redis.call('XADD', log, id, ...)
  end
  redis.call('HSETNX', keys.meta, 'event_epoch', epoch)
  local kept = tonumber(args.events_kept)
  if redis.call('XLEN', log) > kept * 1.05 then
    redis.call('XTRIM', log, 'MAXLEN', kept)
    local first = redis.call('XRANGE', log, '-', '+', 'COUNT', 1)[1]
    local at = tonumber(string.match(first[1], '^%d+')) - 1
    redis.call('HSET', keys.meta, 'event_trimmed', string.format('%.0f', at))
  end
end
