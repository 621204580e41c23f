-- The rest is id and data of events: those are replaced, or left out with ''. The log is written anew,
-- since a server keeps the bytes of an entry that is deleted alone.
local log, fresh = keys.log, args.base .. 'events:fresh'
local wanted, gone = {}, 0
for at = 1, #rest, 2 do wanted[rest[at]] = rest[at + 1] end
redis.call('DEL', fresh)
for _, entry in ipairs(redis.call('XRANGE', log, '-', '+')) do
  local data = wanted[entry[1]]
  if data == '' then
    gone = gone + 1
  else
    local fields = entry[2]
    if data then
      for at = 1, #fields, 2 do if fields[at] == 'd' then fields[at + 1] = data end end
    end
    redis.call('XADD', fresh, entry[1], unpack(fields))
  end
end
redis.call('DEL', log)
if redis.call('EXISTS', fresh) == 1 then redis.call('RENAME', fresh, log) end
return gone
