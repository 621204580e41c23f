-- Answers TOLD and the receipt of a transfer whose samples this server took, or - for one whose samples
-- it did not take, and then takes no more.
local answer = refuse_stray()
if answer then return answer end
local done = args.base .. 'd:' .. args.transfer
redis.call('SET', done, '-', 'EX', args.life_s, 'NX')
return {'TOLD', redis.call('GET', done)}
