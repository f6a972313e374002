# MeshZero for Homebrew on a Mac, built from what is committed in the clone in which this file lies. Homebrew takes formulae from
# taps only: a link in a tap of your own leads here (docs/install.md). A test keeps the dependencies equal to scripts/Brewfile.
class Meshzero < Formula
  desc "Node that plays board games against itself and shows them"
  license "MIT"
  head "file://#{Pathname(__FILE__).realpath.dirname.parent.parent}", using: :git, branch: "main"

  depends_on "cli11" => :build
  depends_on "cmake" => :build
  depends_on "ninja" => :build
  depends_on "nlohmann-json" => :build
  depends_on "node" => :build
  depends_on "pkg-config" => :build
  depends_on :macos
  depends_on "openssl@3"
  depends_on "spdlog"
  depends_on "sqlite"
  depends_on "zstd"

  uses_from_macos "zlib"

  def install
    system "cmake", "-S", ".", "-B", "build", "-G", "Ninja", "-DMESHZERO_BUILD_TESTS=OFF", *std_cmake_args
    system "cmake", "--build", "build", "--target", "meshzero"
    system "cmake", "--install", "build", "--component", "program"
    generate_completions_from_executable(bin/"meshzero", "completion")
  end

  # As config/service/launch-agent.plist: started again when it dies, not when it was stopped.
  service do
    run [opt_bin/"meshzero", "up", "--foreground"]
    keep_alive successful_exit: false
    throttle_interval 30
    error_log_path var/"log/meshzero.log"
  end

  test do
    system bin/"meshzero", "selfplay", "--board", "square8", "--players", "2", "--engine", "random",
           "--games", "2", "--seed", "1", "--out", "games.db"
    assert_match "intact, 2 games", shell_output("#{bin}/meshzero data verify games.db")
  end
end
