#include "engine/base/symmetric_eigen.h"

#include <cmath>
#include <limits>

namespace mz {
namespace {

constexpr int kMaxSweeps = 60;  // convergence is quadratic: ten are rarely needed

}  // namespace

SymmetricEigen symmetric_eigen(std::vector<double> matrix, std::size_t size) {
  std::vector<double>& a = matrix;  // the names of the textbooks
  const std::size_t n = size;
  std::vector<double> v(n * n, 0);
  for (std::size_t i = 0; i < n; ++i) {
    v[i * n + i] = 1;
    for (std::size_t j = 0; j < i; ++j) a[j * n + i] = a[i * n + j];
  }
  constexpr double kUnit = std::numeric_limits<double>::epsilon();
  bool rotated = true;
  for (int sweep = 0; sweep < kMaxSweeps && rotated; ++sweep) {
    rotated = false;
    for (std::size_t p = 0; p + 1 < n; ++p) {
      for (std::size_t q = p + 1; q < n; ++q) {
        const double off = a[p * n + q];
        const double app = a[p * n + p];
        const double aqq = a[q * n + q];
        // Small against both diagonal entries, which keeps small eigenvalues accurate beside large ones.
        if (std::fabs(off) <= 0.5 * kUnit * std::sqrt(std::fabs(app)) * std::sqrt(std::fabs(aqq))) continue;
        rotated = true;
        const double tau = (aqq - app) / (2 * off);
        const double t = (tau >= 0 ? 1 : -1) / (std::fabs(tau) + std::sqrt(1 + tau * tau));
        const double c = 1 / std::sqrt(1 + t * t);
        const double s = t * c;
        a[p * n + p] = app - t * off;
        a[q * n + q] = aqq + t * off;
        a[p * n + q] = a[q * n + p] = 0;
        for (std::size_t k = 0; k < n; ++k) {
          if (k != p && k != q) {
            const double akp = a[k * n + p];
            const double akq = a[k * n + q];
            a[k * n + p] = a[p * n + k] = c * akp - s * akq;
            a[k * n + q] = a[q * n + k] = s * akp + c * akq;
          }
          const double vkp = v[k * n + p];
          const double vkq = v[k * n + q];
          v[k * n + p] = c * vkp - s * vkq;
          v[k * n + q] = s * vkp + c * vkq;
        }
      }
    }
  }
  SymmetricEigen out;
  for (std::size_t i = 0; i < n; ++i) out.values.push_back(a[i * n + i]);
  out.vectors = std::move(v);
  return out;
}

}  // namespace mz
