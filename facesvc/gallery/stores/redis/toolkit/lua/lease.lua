-- Takes a task for a while, or keeps it. Answers 0 while another holder has it.
local held = redis.call('GET', keys.lease)
if held and held ~= args.holder then return 0 end
redis.call('SET', keys.lease, args.holder, 'PX', args.milliseconds)
return 1
