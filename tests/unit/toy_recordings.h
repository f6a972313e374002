// Recordings of the toy game, written by an independent program: a win by a row, and one by the joker with two of them in the
// deck. Hashes are SHA-256 of the sorted notations joined by newlines, and of the position, cut to 16 digits.
#pragma once

#include <string>

namespace mz::toy {

const std::string kRowGame =
    R"({"v":1,"id":"row","game":"toy","board":"3x3","n":2,"opt":{},"init":"......... --",)"
    R"("plies":[["deal plain",2,"ac1f2ab1d1c9eaef","d5df91f3c87325b1"],["deal joker",2,"ac1f2ab1d1c9eaef",)"
    R"("8feef143636d0aea"],["a1",9,"954354dd126d3008","412d108cc76f1bec"],["b1",8,"2d2b952c6d85f19b",)"
    R"("e8c0033f6e0c0e5f"],["a2",7,"fb790e0ca540241a","9166dce3cd194fac"],["b2",6,"a8705201884c71d7",)"
    R"("9ebec1aa6876048c"],["a3",5,"99c7a8425f26efa7","e973dbdcd82c9230"]],"full":[{"k":0,)"
    R"("pos":"......... --","legal":["deal joker","deal plain"]},{"k":3,"pos":"X........ pj","legal":["a2",)"
    R"("a3","b1","b2","b3","c1","c2","c3"]},{"k":4,"pos":"XO....... pj"}],"final":"XO.XO.X.. pj",)"
    R"("res":{"over":true,"winner":1,"reason":"row","plies":7}})";

const std::string kJokerGame =
    R"({"v":1,"id":"joker","game":"toy","board":"3x3","n":2,"opt":{"jokers":2},"init":"......... --",)"
    R"("plies":[["deal plain",2,"ac1f2ab1d1c9eaef","d5df91f3c87325b1"],["deal joker",2,"ac1f2ab1d1c9eaef",)"
    R"("8feef143636d0aea"],["a1",9,"954354dd126d3008","412d108cc76f1bec"],["b1",8,"2d2b952c6d85f19b",)"
    R"("e8c0033f6e0c0e5f"],["c1",7,"fb790e0ca540241a","2db7d741711fd37f"],["b2",6,"3bd2f6e28b755fb2",)"
    R"("e55a43b1cfeafeb0"],["a2",5,"6d474ba53712245b","e6bcad61f4b7aa7d"],["c2",4,"363b9e7e26a65e28",)"
    R"("f36921ad93dbfe96"],["b3",3,"f3d5ee404b1e3792","48d9bb75667095fe"],["a3",2,"ded7a4f84b0d2d04",)"
    R"("281d1c45f924dc2d"],["c3",1,"7c1c97df17c06692","9f5811ddc7bc7acf"]],"full":[{"k":4,)"
    R"("pos":"XO....... pj"}],"final":"XOXXOOOXX pj","res":{"over":true,"winner":2,"reason":"joker",)"
    R"("plies":11}})";

}  // namespace mz::toy
