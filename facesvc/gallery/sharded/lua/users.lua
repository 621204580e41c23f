-- The rest is users. Answers OK and for each its b, j, t, w, v and its sample ids.
local refused = refuse_read()
if refused then return refused end
local answer = {'OK'}
for _, user in ipairs(rest) do
  answer[#answer + 1] = redis.call('HMGET', args.base .. 'u:' .. gen .. ':' .. user,
                                   'b', 'j', 't', 'w', 'v', 'i')
end
return answer
