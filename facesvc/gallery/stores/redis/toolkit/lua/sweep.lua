-- Removes some users of a deleted generation, and counts the samples that went, whoever sweeps.
-- Answers how many users are left.
local gone = 0
for _, user in ipairs(redis.call('SPOP', keys.users, args.users_a_step)) do
  local record = args.base .. 'u:' .. args.gen .. ':' .. user
  for id in string.gmatch(redis.call('HGET', record, 'i') or '', '%S+') do
    gone = gone + redis.call('UNLINK', args.base .. 's:' .. args.gen .. ':' .. id)
  end
  redis.call('UNLINK', record)
end
redis.call('INCRBY', keys.swept, gone)
redis.call('EXPIRE', keys.swept, args.count_kept_s)
local left = redis.call('SCARD', keys.users)
if left == 0 then
  redis.call('DEL', args.base .. 'order:' .. args.gen)
  redis.call('SREM', args.base .. 'garbage', args.gen)
end
return left
