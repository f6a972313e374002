#include "node/draw_board.h"

#include <gtest/gtest.h>

namespace mz {
namespace {

DrawnPosition position(const std::string& text) { return parse_drawn(text).value(); }

TEST(DrawBoard, SquareBoardsHaveXToTheRightAndYDownwards) {
  const std::string drawn = draw_board(
      position(
          "square8|N2|T2|movement|S 3,0:11 0,7:1222222222222|M 1,0:2|C 7,7:1|H 3,4|E 1,0|R 1,0|X -|K -|Q -|L 1;1+;0;0"),
      false);
  EXPECT_EQ(drawn,
            "square8, movement, seat 2 to act\n"
            "     0    1    2    3    4    5    6    7\n"
            " 0   .   (2)   .   1:2   .    .    .    .\n"
            " 1   .    .    .    .    .    .    .    .\n"
            " 2   .    .    .    .    .    .    .    .\n"
            " 3   .    .    .    .    .    .    .    .\n"
            " 4   .    .    .    .    .    .    .    .\n"
            " 5   .    .    .    .    .    .    .    .\n"
            " 6   .    .    .    .    .    .    .    .\n"
            " 7 2:13   .    .    .    .    .    .   [1]\n"
            "  seat 1: 3 rings in hand, 1 eliminated, 1 territory\n"
            "> seat 2: 4 rings in hand, 0 eliminated, 0 territory\n"
            "  stacks, bottom to top: 0,7=1222222222222 3,0=11\n");
}

TEST(DrawBoard, HexagonalBoardsShiftTheirRows) {
  const std::string drawn = draw_board(
      position("hex8|N2|T1|movement|S 0,-4:2|M -4,0:1 4,0:2|C -4,4:1|H 3,4|E 1,0|R 1,0|X -|K -|Q -|L 1;1+;0;0"), false);
  EXPECT_NE(drawn.find("y= -4             2:1   .    .    .    .   x=0..4\n"), std::string::npos) << drawn;
  EXPECT_NE(drawn.find("y=  0   (1)   .    .    .    .    .    .    .   (2)   x=-4..4\n"), std::string::npos) << drawn;
  EXPECT_NE(drawn.find("y=  4             [1]   .    .    .    .   x=-4..0\n"), std::string::npos) << drawn;
}

TEST(DrawBoard, ColoursSeatsOnlyWhenAsked) {
  const auto p = position("hex8|N2|T1|movement|S 0,-4:2|M |C |H 3,4|E 1,0|R 1,0|X -|K -|Q -|L 1;1+;0;0");
  EXPECT_EQ(draw_board(p, false).find('\x1b'), std::string::npos);
  EXPECT_NE(draw_board(p, true).find("\x1b[34m 2:1 \x1b[0m"), std::string::npos);
}

}  // namespace
}  // namespace mz
