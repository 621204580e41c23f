-- The rest is users. Answers OK and for each what samples_of tells.
local refused = refuse_read()
if refused then return refused end
local answer = {'OK'}
for _, user in ipairs(rest) do answer[#answer + 1] = samples_of(gen, user) end
return answer
