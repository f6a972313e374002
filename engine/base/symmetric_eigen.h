// Eigenvalues and eigenvectors of a small symmetric matrix by cyclic Jacobi rotations: only +, -, *, / and square roots in
// a fixed order, so the same matrix gives the same bits on every machine. Cubic work; meant for up to a few hundred rows.
#pragma once

#include <cstddef>
#include <vector>

namespace mz {

struct SymmetricEigen {
  std::vector<double> values;   // in no particular order
  std::vector<double> vectors;  // row-major square matrix; column k belongs to values[k], columns are orthonormal
};

// `matrix` is row-major with `size` rows; only its lower triangle is read.
SymmetricEigen symmetric_eigen(std::vector<double> matrix, std::size_t size);

}  // namespace mz
